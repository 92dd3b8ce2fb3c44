//! SG0111: A hundred years.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "36500d")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
