//! SG0803: Nor is one of many.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    all((0..seat).map(|seat| charge(seat))).await?;
    Ok(seat)
}

fn main() {}
