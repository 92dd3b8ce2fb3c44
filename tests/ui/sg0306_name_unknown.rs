//! SG0306: A call beside a step knows what was recorded.
//!
//! In `compensate` there are `output`, the recorded parameters by name, and `key`. In `probe` and `in_doubt` there
//! is no `output`, because it is not known whether there was one. Nothing else is in scope: the call is made later,
//! perhaps by another process.

use saga::prelude::*;

#[step(compensate = refund(payment), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
