//! SG0114: A name is one that can be recorded.
//!
//! The name of a step is part of sites, such as `pay#2[3]`, and by it a step is found again after a restart. So it
//! is made of letters, digits, `_` and `-`, and begins with a letter.

use saga::prelude::*;

#[step(irreversible, idempotent, name = "")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
