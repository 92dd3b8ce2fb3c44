//! SG0112: One length of time for two.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 3, backoff = "5s"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
