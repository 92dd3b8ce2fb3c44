//! What companies and clients agree on over HTTP, beside the words of a trip: the key's header, the body of a
//! charge, and refusals.
//!
//! A refusal is known by its word; its status serves those between who know nothing of trips.

use serde::{Deserialize, Serialize};

use super::trip::{CardNumber, Cents};

/// The header that makes a repeated request one request.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What is asked of the bank.
#[derive(Serialize, Deserialize)]
pub struct Charge {
    /// Which card.
    pub card: CardNumber,
    /// How much.
    #[serde(rename = "amount_cents")]
    pub amount: Cents,
}

/// The body of every answer that is a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is refused, for a program.
    pub word: Word,
    /// Why, for a person.
    pub reason: String,
}

/// The refusals there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// No seat or room is left.
    SoldOut,
    /// The card does not pay.
    Declined,
    /// The key was asked for and promised never to be charged.
    KeyClosed,
    /// The key stands for another request already.
    KeyReused,
    /// The request has no key.
    KeyMissing,
    /// There is no such thing.
    Unknown,
    /// Nothing was done; later it may be.
    Busy,
    /// The company could not write its books.
    Books,
    /// Anything else.
    #[serde(other)]
    Other,
}
