//! SG0106: In doubt, only what may be repeated is run again.
//!
//! `in_doubt = rerun` runs the step again when nobody knows whether it happened. Without a key that the service
//! recognizes, and without being idempotent, that is a second effect.

use saga::prelude::*;

#[step(irreversible, in_doubt = rerun)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
