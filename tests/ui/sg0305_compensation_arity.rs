//! SG0305: What is handed to a step is as much as it takes.
//!
//! A call beside a step has the recorded parameters of the other step, and not its resources and key: those the
//! runtime hands over.

use saga::prelude::*;

#[step(compensate = refund(output, amount), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
