//! The protocol between companies and clients, besides the data of a trip: the key's header, the body of a charge, and
//! refusals.
//!
//! A refusal is identified by its word; its status is for intermediaries that know nothing of trips.

use serde::{Deserialize, Serialize};

use super::trip::{CardNumber, Cents};

/// The header that marks repeats of a request.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request to the bank.
#[derive(Serialize, Deserialize)]
pub struct Charge {
    /// The card to charge.
    pub card: CardNumber,
    /// The amount to charge.
    #[serde(rename = "amount_cents")]
    pub amount: Cents,
}

/// The body of every answer that is a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of refusal, for programs.
    pub word: Word,
    /// The reason, for people.
    pub reason: String,
}

/// The kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// No seat or room is left.
    SoldOut,
    /// The card does not pay.
    Declined,
    /// The key was asked for, and is closed: it can never be charged.
    KeyClosed,
    /// The key was used for another request.
    KeyReused,
    /// The request has no key.
    KeyMissing,
    /// The thing does not exist.
    Unknown,
    /// Nothing was done; a retry may succeed.
    Busy,
    /// The company could not write its books.
    Books,
    /// Anything else.
    #[serde(other)]
    Other,
}
