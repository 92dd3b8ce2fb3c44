//! SG0306: A name that is unknown inside of another call.

use saga::prelude::*;

#[step(compensate = refund(u64::max(payment, 7)), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
