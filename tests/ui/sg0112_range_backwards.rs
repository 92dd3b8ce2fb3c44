//! SG0112: A range begins before it ends.
//!
//! `backoff = "200ms..5s"` is the first wait and the longest: each wait is twice the one before, until it is the
//! longest.

use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 3, backoff = "5s..200ms"))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
