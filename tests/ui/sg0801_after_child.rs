//! SG0801: Nor after a child saga that does not say `undoable`.

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

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let seat = order(seat).await?;
    hold(seat).await?;
    Ok(seat)
}

fn main() {}
