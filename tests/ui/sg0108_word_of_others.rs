//! SG0108: A word that is near none.

use saga::prelude::*;

#[step(irreversible, idempotent, priority = 3)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
