//! The bank's client.

use std::net::SocketAddr;
use std::time::Duration;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::{CardNumber, Cents, Receipt};
use super::super::wire::{Charge, Word};
use super::http::{Failure, Http};

/// The failure of a request to the bank.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum BankError {
    /// The card does not pay: another card, or none.
    #[error("the bank declines the card")]
    #[permanent]
    Declined,
    /// The bank has already answered that this key was not charged, and guarantees it: nothing was charged.
    #[error("the bank has closed the key of this charge")]
    #[permanent]
    KeyClosed,
    /// The request itself is wrong: a retry changes nothing.
    #[error("the bank refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The bank's reason.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the bank cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// The observed error.
        observed: String,
    },
    /// The card may be charged: ask before anything else.
    #[error("the bank gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// The observed error.
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
    /// Returns the bank at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Sets the longest wait for an answer; the default is three seconds.
    #[allow(dead_code, reason = "a client offers more than one saga asks for")]
    pub fn answering_within(self, patience: Duration) -> Self {
        Self(self.0.answering_within(patience))
    }

    /// Charges a card. A repeated key gets the receipt of the first time.
    pub async fn charge(&self, card: &CardNumber, amount: Cents, key: &str) -> Result<Receipt, BankError> {
        let charge = Charge { card: card.clone(), amount };
        Ok(self.0.post("/charges", key, &charge).await?.json()?)
    }

    /// Asks whether a key was charged.
    ///
    /// **Guarantees.** After `None` the key never will be: the bank refuses a charge that is still in flight.
    pub async fn find_charge(&self, key: &str) -> Result<Option<Receipt>, BankError> {
        match self.0.get(&format!("/charges/by-key/{key}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(failure) if failure.is_unknown() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}
