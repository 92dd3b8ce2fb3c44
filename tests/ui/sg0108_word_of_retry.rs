//! SG0108: A misspelt word of `retry`.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attemps = 3))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
