//! SG0103: What has no effect is not irreversible.

use saga::prelude::*;

#[step(irreversible, readonly)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
