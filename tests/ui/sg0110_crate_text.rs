//! SG0110: A text for the path of the crate.

use saga::prelude::*;

#[step(irreversible, idempotent, crate = "saga")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
