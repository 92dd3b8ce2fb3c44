//! The airline's client.

use std::net::SocketAddr;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::{FlightHold, HoldId, Trip};
use super::super::wire::Word;
use super::http::{Failure, Http};

/// What came of a request to the airline, if not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum AirlineError {
    /// No seat is left: another flight, or none.
    #[error("the airline has no seats left")]
    #[permanent]
    NoSeats,
    /// The request itself is wrong: sending it again changes nothing.
    #[error("the airline refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The airline's words.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the airline cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// What happened instead.
        observed: String,
    },
    /// A seat may be held: ask, or send it again with the same key.
    #[error("the airline gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// What happened instead.
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

/// Holds seats on flights, and lets them go.
#[derive(Clone, Debug)]
pub struct Airline(Http);

impl Airline {
    /// The airline at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Holds a seat; with a key sent before, answers with the seat held then.
    pub async fn hold(&self, trip: &Trip, key: &str) -> Result<FlightHold, AirlineError> {
        Ok(self.0.post("/holds", key, &trip.flight()).await?.json()?)
    }

    /// The seat that was held under a key, if there was one; it may have been let go since.
    ///
    /// **Guarantees.** After `None` there never will be: the airline refuses a request still on its way.
    pub async fn find_hold(&self, key: &str) -> Result<Option<FlightHold>, AirlineError> {
        match self.0.get(&format!("/holds/by-key/{key}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(failure) if failure.is_unknown() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Lets a seat go; one that is not held is as good as let go.
    pub async fn release(&self, id: &HoldId) -> Result<(), AirlineError> {
        match self.0.delete(&format!("/holds/{id}")).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_unknown() => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
