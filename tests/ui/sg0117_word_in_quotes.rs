//! SG0117: A word in quotes.

use saga::prelude::*;

#[step("irreversible", idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
