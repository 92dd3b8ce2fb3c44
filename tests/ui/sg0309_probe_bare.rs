//! SG0309: An answer that is no `Probe`.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Result<bool, Failure> {
    Ok(amount > 0)
}

fn main() {}
