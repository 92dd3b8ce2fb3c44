//! SG0306: `output` where there is none.

use saga::prelude::*;

#[step(irreversible, in_doubt = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
