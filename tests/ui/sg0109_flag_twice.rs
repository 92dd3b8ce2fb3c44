//! SG0109: A word that stands alone, twice.

use saga::prelude::*;

#[step(irreversible, idempotent, irreversible)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
