//! SG0306: A misspelt name, with a field of it.

use saga::prelude::*;

#[step(compensate = refund(amuont.min(7)), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
