//! SG0804: Nor in a child saga: its steps are undone with those of its parent.

use saga::prelude::*;


#[step(compensate = release(output), undo_within = "20m", idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga(undoable)]
async fn order(seat: u32) -> Result<u32, Failure> {
    Ok(hold(seat).await?)
}

#[saga(deadline = "24h")]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(order(seat).await?)
}

fn main() {}
