//! SG0801: Nor in the next turn of a loop.

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
    for seat in 0..seat {
        hold(seat).await?;
        if seat == 1 {
            let _ = charge(seat).await;
        }
    }
    Ok(seat)
}

fn main() {}
