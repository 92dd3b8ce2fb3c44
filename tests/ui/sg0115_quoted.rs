//! SG0115: Nor a name in quotes.

use saga::prelude::*;

#[step(compensate = "release")]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
