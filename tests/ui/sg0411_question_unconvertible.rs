//! SG0411: What leaves a saga by `?` becomes its error.
//!
//! A failure that leaves the body is the saga's error, and is recorded as such. `#[derive(SagaError)]` writes how:
//! a variant for each type of failure, such as `Look(StepFailure<BankError>)`. `saga::Failure` can be made of every
//! failure of a step.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("not approved")]
    Approval(ApprovalFailure),
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
