//! SG0104: `in_doubt` on readonly.

use saga::prelude::*;

#[step(readonly, in_doubt = dead_letter)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
