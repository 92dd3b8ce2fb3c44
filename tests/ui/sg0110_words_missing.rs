//! SG0110: `retry` with a value.

use saga::prelude::*;

#[step(irreversible, idempotent, retry = 3)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
