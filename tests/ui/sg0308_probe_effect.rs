//! SG0308: A probe has no effect.
//!
//! A probe asks the outside world whether an attempt in doubt happened, perhaps many times. If asking did
//! something, that would be in doubt as well. So it says `readonly`.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(irreversible, idempotent)]
async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

fn main() {}
