//! SG0103: Words do not contradict each other.
//!
//! Each of the words tells the rollback what to do. Where two of them contradict each other, the rollback might follow
//! the wrong one.

use saga::prelude::*;

#[step(irreversible, compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
