//! SG0115: What undoes a step that gives nothing is called with what that step took.

use saga::prelude::*;

#[step(compensate = refund, idempotent)]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

#[step(retriable, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

fn main() {}
