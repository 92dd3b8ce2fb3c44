use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("no flight")]
    Flight(StepFailure<Failure>),
    #[error("no hotel")]
    #[saga_error(no_from)]
    Hotel(StepFailure<Failure>),
}

fn main() {
    let failure = StepFailure::Failed(Failure::permanent("full"));
    assert!(matches!(TripError::from(failure.clone()), TripError::Flight(_)));
    assert_eq!(TripError::Hotel(failure).to_string(), "no hotel");
}
