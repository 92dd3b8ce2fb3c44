//! SG0103: Words do not contradict each other.
//!
//! Each of the words promises something to the rollback. Where two promise different things, one of them is a lie,
//! and the rollback would follow the wrong one.

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
