//! SG0802: Nor is a child saga that does not promise it.

use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn order(seat: u32) -> Result<u32, Failure> {
    Ok(hold(seat).await?)
}

#[saga(undoable)]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(order(seat).await?)
}

fn main() {}
