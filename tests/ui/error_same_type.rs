use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("flight")]
    Flight(StepFailure<Failure>),
    #[error("hotel")]
    Hotel(StepFailure<Failure>),
}

fn main() {}
