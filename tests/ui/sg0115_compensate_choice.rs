//! SG0115: A choice of two calls.

use saga::prelude::*;

#[step(compensate = if output > 100 { refund(output) } else { refund(0) }, idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
