//! SG0303: A plain function for a probe.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

fn main() {}
