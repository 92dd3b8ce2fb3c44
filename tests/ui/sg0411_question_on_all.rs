//! SG0411: The failures of an `all`.

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
    let (first, second) = all((look(at), look(at + 1))).await?;
    Ok(first + second)
}

fn main() {}
