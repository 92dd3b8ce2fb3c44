//! SG0110: A word has what belongs to it.
//!
//! Some words stand alone, some have a value behind `=`, and `retry` has words of its own in parentheses. A value
//! is written out where it stands: the macro sees the words, and cannot look up what a constant holds.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
