//! SG0608: Thrown away by `let _ =` as well.

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
    let _ = hold(items);
    Ok(items)
}

fn main() {}
