//! SG0615: A failure is not dropped.
//!
//! A failure that is ignored does not end the saga: it would go on, and charge without a reservation. `?` leaves the saga,
//! and begins the rollback; `match` handles the failure. Where it does not matter how a step ended, `let _ =` says so.

use saga::prelude::*;

#[step(compensate = release(output))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    reserve(item).await;
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
