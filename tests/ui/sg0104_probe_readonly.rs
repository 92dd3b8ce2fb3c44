//! SG0104: `probe` on readonly.

use saga::prelude::*;

#[step(readonly, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

fn main() {}
