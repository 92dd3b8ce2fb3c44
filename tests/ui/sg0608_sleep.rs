//! SG0608: Timers as well.

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
    sleep("10s");
    Ok(hold(items).await?)
}

fn main() {}
