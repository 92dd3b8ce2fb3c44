//! SG0612: A step that only undoes others is not awaited.
//!
//! A step that says `retriable` and not how it is undone may stand in `compensate`, `confirm` and `in_doubt` alone. Awaited
//! in a saga its effect would outlive a rollback.

use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let held = hold(items).await?;
    release(held).await;
    Ok(held)
}

fn main() {}
