//! SG0119: An identity is of recorded parameters.
//!
//! A session knows a call for one that it has made by its step and by the recorded parameters that `identity` names. A name
//! that is none of them would make all calls the same, or none.

use saga::prelude::*;

#[step(compensate = release(seat), identity(order, seet))]
async fn hold(key: &IdempotencyKey, order: u64, seat: String) -> Result<usize, Failure> {
    let _ = (key, order);
    Ok(seat.len())
}

#[step(retriable, idempotent)]
async fn release(seat: String) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

fn main() {}
