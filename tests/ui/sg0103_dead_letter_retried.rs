//! SG0103: What must not be repeated is not retried.

use saga::prelude::*;

#[step(irreversible, in_doubt = dead_letter, retry(attempts = 3))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
