//! SG0110: `undoable` is a promise, and has no value.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga(undoable = true)]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

fn main() {}
