//! SG0301: What undoes a step is retriable, and may be repeated.
//!
//! A rollback has to reach its end: what was done is undone, and no caller is left that could handle a failure. So a
//! compensation is retried until it succeeds, or its attempts are used up and the saga is dead-lettered; `retriable`
//! says so. After a crash in a rollback it is not known whether the compensation happened, and it is run again: so it
//! takes a key, or is idempotent.

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
