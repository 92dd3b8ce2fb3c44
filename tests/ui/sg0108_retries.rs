//! SG0108: Nor is a number of attempts said by another word.

use saga::prelude::*;

#[step(compensate = release(output), retries = 3)]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
