//! SG0202: A probe that returns no `Result` gives no second report.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Probe<u64> {
    Probe::Happened(amount)
}

fn main() {}
