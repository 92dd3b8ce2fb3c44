//! SG0106: In doubt, only what may be repeated is run again.
//!
//! `in_doubt = rerun` runs the step again when it is not known whether it happened. If the step has no key that the
//! service recognizes, and is not idempotent, that may be a second effect.

use saga::prelude::*;

#[step(irreversible, in_doubt = rerun)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
