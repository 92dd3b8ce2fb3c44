//! SG0620: Errors are classified in steps.
//!
//! `.transient()`, `.permanent()` and `.in_doubt()` say whether an attempt happened, and so whether it is retried. When the saga
//! sees a step's failure, that is already decided. `?` makes it the saga's error.

use saga::prelude::*;

#[step(compensate = release(output))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let held = reserve(item).await.permanent()?;
    Ok(held)
}

fn main() {}
