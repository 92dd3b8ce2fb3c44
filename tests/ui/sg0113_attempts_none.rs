//! SG0113: A number of times is a whole number from 1.
//!
//! Attempts are counted with the first. None at all would be a step that never runs.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 0))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
