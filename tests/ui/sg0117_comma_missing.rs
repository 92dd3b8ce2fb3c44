//! SG0117: Words stand between commas.
//!
//! The words of an attribute are a list: `word`, `word = value` or `word(…)`, with commas between them.

use saga::prelude::*;

#[step(irreversible idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
