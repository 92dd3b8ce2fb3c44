//! SG0108: What was meant is taken as said, and gives no second report.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriabel, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
