//! SG0306: What others call the output.

use saga::prelude::*;

#[step(compensate = refund(result), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

fn main() {}
