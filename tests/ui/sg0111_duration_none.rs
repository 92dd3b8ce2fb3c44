//! SG0111: No time at all.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "0s")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
