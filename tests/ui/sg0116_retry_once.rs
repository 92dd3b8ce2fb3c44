//! SG0116: Waits for one attempt.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 1, backoff = "200ms..5s"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
