//! SG0114: A name that ends as turns do.

use saga::prelude::*;

#[step(irreversible, idempotent, name = "pay#2[3]")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
