//! SG0801: Nor after an irreversible step that is retriable.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn tell(_amount: u32) -> Result<(), Failure> {
    Ok(())
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
    tell(seat).await;
    hold(seat).await?;
    Ok(seat)
}

fn main() {}
