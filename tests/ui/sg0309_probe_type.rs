//! SG0309: A probe gives the output of the step that it is for.
//!
//! A probe answers with `Probe::Happened(output)`, `Probe::NotHappened` or `Probe::Pending`. If it happened, the
//! saga goes on with that output as if the step had given it.

use saga::prelude::*;

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn find(amount: u64) -> Result<Probe<String>, Failure> {
    Ok(Probe::Happened(amount.to_string()))
}

fn main() {}
