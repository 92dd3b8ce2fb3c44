//! SG0301: What settles a doubt is retriable.

use saga::prelude::*;

#[step(irreversible, in_doubt = refund(amount), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(irreversible, idempotent)]
async fn refund(payment: u64) -> Result<(), Failure> {
    let _ = payment;
    Ok(())
}

fn main() {}
