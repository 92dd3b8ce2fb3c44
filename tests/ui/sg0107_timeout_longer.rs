//! SG0107: Lengths of time go together.
//!
//! `timeout` is of one attempt, `retry(backoff = …)` of the waits between them, and `retry(within = …)` of all of
//! it. What is longer than the whole never happens.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "2m", retry(attempts = 3, within = "1m"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
