//! SG0608: `?` does not await.

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
    let held = hold(items)?;
    Ok(held)
}

fn main() {}
