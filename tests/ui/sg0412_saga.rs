//! SG0412: The error of a saga can be recorded.
//!
//! What a saga failed with is kept in its journal. An error that can be anything cannot be: `saga::Failure` holds the text of
//! any, and an enum of your own holds more.

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
async fn order(item: u64) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    let held = reserve(item).await?;
    Ok(held)
}

fn main() {}
