//! SG0608: With a name of its own.

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
    hold(items).named("seat");
    Ok(items)
}

fn main() {}
