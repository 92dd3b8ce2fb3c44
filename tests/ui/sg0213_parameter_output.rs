//! SG0213: `output` and `key` are names of their own.
//!
//! In `compensate`, `output` is what the step gave and `key` its idempotency key, beside the recorded parameters by
//! name. A parameter of that name could not be told from them.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(output: u64) -> Result<u64, Failure> {
    Ok(output)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
