//! SG0107: A first wait as long as all attempts.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "5s", retry(attempts = 3, backoff = "1m..5m", within = "1m"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
