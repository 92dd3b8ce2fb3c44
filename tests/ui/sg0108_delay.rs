//! SG0108: Nor is the wait between them.

use saga::prelude::*;

#[step(compensate = release(output), retry(attempts = 3, delay = "1s"))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
