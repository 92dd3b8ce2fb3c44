//! SG0119: What only undoes others is called by a rollback, and not by a session.

use saga::prelude::*;

#[step(compensate = release(seat))]
async fn hold(key: &IdempotencyKey, order: u64, seat: String) -> Result<usize, Failure> {
    let _ = (key, order);
    Ok(seat.len())
}

#[step(retriable, idempotent, identity(seat))]
async fn release(seat: String) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

fn main() {}
