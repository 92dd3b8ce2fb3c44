//! SG0110: A constant for a text.

use saga::prelude::*;

const FEE: &str = "a fee";

#[step(compensate = refund(output), idempotent, leaves = FEE)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
