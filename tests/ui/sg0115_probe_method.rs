//! SG0115: A method for a step.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = amount.find())]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

fn main() {}
