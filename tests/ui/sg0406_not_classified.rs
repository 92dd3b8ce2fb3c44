//! SG0406: The error of a step says what it means.
//!
//! A step's error implements `StepError`, by `#[derive(StepError)]` with a class on every variant. `saga::Failure`
//! is one that is ready made: `Failure::permanent("no seat left")`.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("no such seat")]
struct NoSeat;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, NoSeat> {
    Ok(at)
}

fn main() {}
