//! SG0306: `output` in a probe.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(output))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

fn main() {}
