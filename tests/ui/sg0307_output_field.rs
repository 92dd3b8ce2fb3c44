//! SG0307: `output` is what the step gave.
//!
//! `output` is the good part of the `Result` that the step returns, owned.

use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Receipt {
    payment: u64,
}

#[step(compensate = refund(output.id), idempotent)]
async fn pay(amount: u64) -> Result<Receipt, Failure> {
    Ok(Receipt { payment: amount })
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
