//! The hotel's client.

use std::net::SocketAddr;

use saga::StepError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::trip::{HoldId, RoomHold, Trip};
use super::super::wire::Word;
use super::http::{Failure, Http};

/// The failure of a request to the hotel.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub enum HotelError {
    /// No room is left: another house, or none.
    #[error("the hotel has no rooms left")]
    #[permanent]
    NoRooms,
    /// The request itself is wrong: a retry changes nothing.
    #[error("the hotel refuses the request ({status}): {reason}")]
    #[permanent]
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The hotel's reason.
        reason: String,
    },
    /// Nothing was sent: try again.
    #[error("the hotel cannot be reached: {observed}")]
    #[transient]
    Unreachable {
        /// The observed error.
        observed: String,
    },
    /// A room may be held: ask, or retry with the same key.
    #[error("the hotel gives no answer: {observed}")]
    #[in_doubt]
    NoAnswer {
        /// The observed error.
        observed: String,
    },
}

impl From<Failure> for HotelError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(observed) => Self::Unreachable { observed },
            Failure::NoAnswer(observed) => Self::NoAnswer { observed },
            Failure::Refused { problem, .. } if problem.word == Word::SoldOut => Self::NoRooms,
            Failure::Refused { status, problem } if status >= 500 => {
                Self::NoAnswer { observed: format!("{status}: {}", problem.reason) }
            }
            Failure::Refused { status, problem } => Self::Refused { status, reason: problem.reason },
        }
    }
}

/// Holds rooms, and releases them.
#[derive(Clone, Debug)]
pub struct Hotel(Http);

impl Hotel {
    /// Returns the hotel at that address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Http::at(address))
    }

    /// Holds a room. A repeated key gets the room that was held the first time.
    pub async fn hold(&self, trip: &Trip, key: &str) -> Result<RoomHold, HotelError> {
        Ok(self.0.post("/holds", key, &trip.stay()).await?.json()?)
    }

    /// Returns the room that was held under a key; it may have been released since. `None` if there was none.
    ///
    /// **Guarantees.** After `None` there never will be one: the hotel refuses a request that is still in flight.
    pub async fn find_hold(&self, key: &str) -> Result<Option<RoomHold>, HotelError> {
        match self.0.get(&format!("/holds/by-key/{key}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(failure) if failure.is_unknown() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Releases a room. Releasing a room that is not held succeeds.
    pub async fn release(&self, id: &HoldId) -> Result<(), HotelError> {
        match self.0.delete(&format!("/holds/{id}")).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_unknown() => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
