//! SG0304: What is handed to a step is of its types.
//!
//! The arguments of the call are those of the step: `output` is what the step gave, and the recorded parameters are
//! there by their names. All are owned, so that nothing is borrowed and nothing need be cloned.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: String) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
