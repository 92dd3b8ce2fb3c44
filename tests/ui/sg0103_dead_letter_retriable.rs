//! SG0103: What must not be repeated is not retriable.

use saga::prelude::*;

#[step(irreversible, retriable, in_doubt = dead_letter)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
