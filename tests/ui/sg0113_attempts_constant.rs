//! SG0113: A constant for a number.

use saga::prelude::*;

const TRIES: u32 = 3;

#[step(irreversible, idempotent, retry(attempts = TRIES))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
