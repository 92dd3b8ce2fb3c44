//! SG0105: What is said about undoing stands beside `compensate`.
//!
//! `leaves` says what an undo leaves behind, `undo_within` for how long it works. Without `compensate` they have no
//! meaning.

use saga::prelude::*;

#[step(irreversible, idempotent, leaves = "a fee")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
