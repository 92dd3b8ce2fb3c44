//! SG0114: A name that begins with a digit.

use saga::prelude::*;

#[step(irreversible, idempotent, name = "2pay")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
