//! SG0112: A range of numbers.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 3, backoff = 1..5))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
