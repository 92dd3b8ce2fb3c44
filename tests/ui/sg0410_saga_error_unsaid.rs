//! SG0410: The error of a saga that says nothing.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, SagaError)]
enum TripError {
    Look(StepFailure<Failure>),
}

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: u64) -> Result<u64, TripError> {
    Ok(look(at).await?)
}

fn main() {}
