//! SG0301: What undoes a step is retriable, and may be repeated.
//!
//! A rollback has to come to its end: what was done is undone, and there is nobody left to whom a failure could be
//! handed. So a compensation is tried again until it succeeds, which is what `retriable` says. And after a crash in
//! the middle of a rollback nobody knows whether it happened, and it is run again: so it takes a key, or is
//! idempotent.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(irreversible, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
