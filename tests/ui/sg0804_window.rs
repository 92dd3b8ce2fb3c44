//! SG0804: What a saga does can be undone until its deadline.
//!
//! `undo_within` says for how long a step's compensation works: a card payment can be voided for a day, a seat is held for
//! twenty minutes. A saga may fail, or be cancelled, at any time before its `deadline`. If the window closes before that,
//! the rollback comes too late. Give the saga a shorter deadline, or the step a longer window if the service has one.

use saga::prelude::*;


#[step(compensate = release(output), undo_within = "20m", idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga(deadline = "24h")]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(hold(seat).await?)
}

fn main() {}
