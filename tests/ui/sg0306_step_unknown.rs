//! SG0306: A step that is not in scope.

use saga::prelude::*;

#[step(compensate = refnd(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
