//! The airline's client.

use std::net::SocketAddr;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::{FlightHold, HoldId, Trip};
use super::super::wire::Word;
use super::http::{Failure, Http};

/// The failure of a request to the airline.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum AirlineError {
    /// No seat is left: another flight, or none.
    #[error("the airline has no seats left")]
    #[permanent]
    NoSeats,
    /// The request itself is wrong: a retry changes nothing.
    #[error("the airline refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The airline's reason.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the airline cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// The observed error.
        observed: String,
    },
    /// A seat may be held: ask, or retry with the same key.
    #[error("the airline gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// The observed error.
        observed: String,
    },
}

impl From<Failure> for AirlineError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(observed) => Self::Unreachable { observed },
            Failure::NoAnswer(observed) => Self::NoAnswer { observed },
            Failure::Refused { problem, .. } if problem.word == Word::SoldOut => Self::NoSeats,
            Failure::Refused { status, problem } if status >= 500 => {
                Self::NoAnswer { observed: format!("{status}: {}", problem.reason) }
            }
            Failure::Refused { status, problem } => Self::Refused { status, reason: problem.reason },
        }
    }
}

/// Holds seats on flights, and releases them.
#[derive(Clone, Debug)]
pub struct Airline(Http);

impl Airline {
    /// Returns the airline at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Holds a seat. A repeated key gets the seat that was held the first time.
    pub async fn hold(&self, trip: &Trip, key: &str) -> Result<FlightHold, AirlineError> {
        Ok(self.0.post("/holds", key, &trip.flight()).await?.json()?)
    }

    /// Returns the seat that was held under a key; it may have been released since. `None` if there was none.
    ///
    /// **Guarantees.** After `None` there never will be one: the airline refuses a request that is still in flight.
    pub async fn find_hold(&self, key: &str) -> Result<Option<FlightHold>, AirlineError> {
        match self.0.get(&format!("/holds/by-key/{key}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(failure) if failure.is_unknown() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Releases a seat. Releasing a seat that is not held succeeds.
    pub async fn release(&self, id: &HoldId) -> Result<(), AirlineError> {
        match self.0.delete(&format!("/holds/{id}")).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_unknown() => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
