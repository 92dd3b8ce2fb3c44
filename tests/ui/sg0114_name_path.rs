//! SG0114: A name with a `/`.

use saga::prelude::*;

#[step(irreversible, idempotent, name = "pay/card")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
