//! SG0612: Nor is it called by hand: a rollback undoes what was done.

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
    let held = reserve(item).await?;
    match charge(held).await {
        Ok(paid) => Ok(paid),
        Err(failure) => {
            release(held).await;
            Err(failure.into())
        }
    }
}

fn main() {}
