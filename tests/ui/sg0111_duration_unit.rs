//! SG0111: A length of time is a number and a unit, in quotes.
//!
//! Lengths of time are written as `"200ms"`, `"10s"`, `"5m"`, `"24h"`, `"7d"`, or several of these as in `"1h30m"`.
//! They are longer than zero, and at most ten years, which is longer than a saga is meant to live.

use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "10 parsecs")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
