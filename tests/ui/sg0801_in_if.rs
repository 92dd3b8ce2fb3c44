//! SG0801: Nor where it is irreversible in one branch only.

use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    if seat > 1 {
        charge(seat).await?;
    }
    hold(seat).await?;
    Ok(seat)
}

fn main() {}
