use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("no trip")]
    Step(StepFailure<Failure>),
}

fn main() {
    let error = TripError::from(StepFailure::Failed(Failure::permanent("full")));
    assert_eq!(error.to_string(), "no trip");
}
