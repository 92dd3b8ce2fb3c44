//! After mistakes in steps and errors the rest of the file is type-checked: each is reported, and nothing twice.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("declined")]
    Declined,
}

#[step(idempotent)]
async fn pay(amount: u64) -> Result<u64, BankError> {
    if amount == 0 { Err(BankError::Declined) } else { Ok(amount) }
}

#[step(compensate = refund(output))]
async fn hold(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

#[saga]
async fn trip(amount: u64) -> Result<u64, Failure> {
    let held = hold(amount).await?;
    Ok(pay(held).await?)
}

fn ordinary() -> u64 {
    "no number"
}

fn main() {
    let _ = trip(ordinary());
}
