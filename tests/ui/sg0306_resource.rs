//! SG0306: A resource where none is handed over.

use saga::prelude::*;

struct Bank;

#[step(compensate = refund(bank, output), idempotent)]
async fn pay(bank: &Bank, amount: u64) -> Result<u64, Failure> {
    let _ = bank;
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(bank: &Bank, payment: u64) -> Result<(), Failure> {
    let _ = (bank, payment);
    Ok(())
}

fn main() {}
