//! SG0301: A compensation that must not be repeated.

use saga::prelude::*;

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(irreversible, in_doubt = dead_letter)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
