//! SG0405: `?` knows which variant it makes.
//!
//! `?` turns the failure of a step into the variant of the saga's error that holds such a failure. If two variants
//! hold the same type, it cannot tell them apart.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("no flight")]
    Flight(StepFailure<Failure>),
    #[error("no hotel")]
    Hotel(StepFailure<Failure>),
}

fn main() {}
