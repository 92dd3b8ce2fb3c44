//! SG0109: A word is said once.
//!
//! If a word were given twice, one of the two would be ignored silently.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "5s", timeout = "10s")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
