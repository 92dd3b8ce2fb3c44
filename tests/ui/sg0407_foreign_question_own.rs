//! SG0407: A foreign error where the step has its own.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum SeatError {
    #[error("no number")]
    #[permanent]
    NoNumber,
}

#[step(readonly)]
async fn look(seat: String) -> Result<u64, SeatError> {
    Ok(seat.parse::<u64>()?)
}

fn main() {}
