//! SG0103: What has no effect is not undone.

use saga::prelude::*;

#[step(readonly, compensate = refund(output))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
