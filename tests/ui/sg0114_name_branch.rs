//! SG0114: A name that ends as branches do.

use saga::prelude::*;

#[step(irreversible, idempotent, name = "pay.1")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
