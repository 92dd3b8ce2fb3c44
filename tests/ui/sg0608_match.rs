//! SG0608: A `match` does not await either.

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
    match hold(items) {
        Ok(held) => Ok(held),
        Err(failure) => Err(failure.into()),
    }
}

fn main() {}
