//! SG0111: A number without a unit.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = 10)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
