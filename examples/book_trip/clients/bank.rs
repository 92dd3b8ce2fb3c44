//! The bank's client.

use std::net::SocketAddr;
use std::time::Duration;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::{CardNumber, Cents, Receipt};
use super::super::wire::{Charge, Word};
use super::http::{Failure, Http};

/// What came of a request to the bank, if not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum BankError {
    /// The card does not pay: another card, or none.
    #[error("the bank declines the card")]
    #[permanent]
    Declined,
    /// The bank has said before that this key was not charged, and keeps its word: nothing was charged.
    #[error("the bank has closed the key of this charge")]
    #[permanent]
    KeyClosed,
    /// The request itself is wrong: sending it again changes nothing.
    #[error("the bank refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The bank's words.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the bank cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// What happened instead.
        observed: String,
    },
    /// The card may be charged: ask before anything else.
    #[error("the bank gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// What happened instead.
        observed: String,
    },
}

impl From<Failure> for BankError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(observed) => Self::Unreachable { observed },
            Failure::NoAnswer(observed) => Self::NoAnswer { observed },
            Failure::Refused { problem, .. } if problem.word == Word::Declined => Self::Declined,
            Failure::Refused { problem, .. } if problem.word == Word::KeyClosed => Self::KeyClosed,
            Failure::Refused { status, problem } if status >= 500 => {
                Self::NoAnswer { observed: format!("{status}: {}", problem.reason) }
            }
            Failure::Refused { status, problem } => Self::Refused { status, reason: problem.reason },
        }
    }
}

/// Charges cards.
#[derive(Clone, Debug)]
pub struct Bank(Http);

impl Bank {
    /// The bank at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// How long it may take to answer; three seconds if nothing is said.
    #[allow(dead_code, reason = "a client offers more than one saga asks for")]
    pub fn answering_within(self, patience: Duration) -> Self {
        Self(self.0.answering_within(patience))
    }

    /// Charges a card; with a key sent before, answers with the receipt of then.
    pub async fn charge(&self, card: &CardNumber, amount: Cents, key: &str) -> Result<Receipt, BankError> {
        let charge = Charge { card: card.clone(), amount };
        Ok(self.0.post("/charges", key, &charge).await?.json()?)
    }

    /// Asks whether a key was charged.
    ///
    /// **Guarantees.** After `None` the key never will be: the bank refuses a charge still on its way.
    pub async fn find_charge(&self, key: &str) -> Result<Option<Receipt>, BankError> {
        match self.0.get(&format!("/charges/by-key/{key}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(failure) if failure.is_unknown() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}
