//! SG0110: Nor does a length of time.

use saga::prelude::*;

#[step(compensate = release(output), timeout(10))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
