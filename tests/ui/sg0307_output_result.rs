//! SG0307: `output` is no `Result`.

use saga::prelude::*;

#[step(compensate = refund(output.unwrap()), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
