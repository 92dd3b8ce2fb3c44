//! SG0116: A retry tries again.
//!
//! `retry(…)` says how transient errors are tried again. Attempts are counted with the first: with one, nothing is.

use saga::prelude::*;

#[step(irreversible, idempotent, retry())]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
