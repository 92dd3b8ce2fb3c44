//! SG0302: A step as its own probe.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = pay(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
