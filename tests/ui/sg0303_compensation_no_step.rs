//! SG0303: What undoes a step is a step.
//!
//! The call is recorded by the name of the step, and made by the runtime, again and again until it succeeds. A
//! plain function has no recorded name, and nothing that says what its errors mean.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
