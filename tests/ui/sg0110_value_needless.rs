//! SG0110: A value behind a word that stands alone.

use saga::prelude::*;

#[step(irreversible, idempotent = true)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
