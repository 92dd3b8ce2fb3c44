//! SG0901: How a saga fails.

use saga::prelude::*;

#[derive(Debug, thiserror::Error, SagaError)]
enum TripError {
    #[error("nothing is free")]
    Look(#[source] StepFailure<Failure>),
}

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn trip(seats: u64) -> Result<u64, TripError> {
    Ok(look(seats).await?)
}

fn main() {}
