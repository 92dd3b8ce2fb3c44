//! SG0620: What an error means is said by steps.
//!
//! `.transient()`, `.permanent()` and `.in_doubt()` say of an error whether the attempt happened, and so what comes next: that is
//! over when the saga sees a step's failure. `?` makes it the saga's error.

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
