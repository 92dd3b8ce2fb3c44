//! SG0115: What stands beside a step is exactly one call of another step.
//!
//! The call that undoes a step is recorded as data when the step succeeds: the other step's name, and its input.
//! Rollback reads it from the journal, and runs none of this code again. So there is one call, and no code around
//! it; its arguments may be any expression.

use saga::prelude::*;

#[step(compensate = |output| refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
