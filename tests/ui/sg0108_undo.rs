//! SG0108: Nor by a word that others have for it.

use saga::prelude::*;

#[step(undo = release(output))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
