//! SG0801: Past the point of no return a saga does not fail.
//!
//! A failure that leaves the body starts the rollback, and a rollback takes back all that was done. What an
//! irreversible step did cannot be taken back; so after one, nothing may fail: no `?`, no `return Err(…)`, no tail that may
//! be an `Err`. Steps after it are `retriable` (they are retried until they succeed, and a person is asked if they do not),
//! their failures are handled with `match`, or they stand before it. A step's own failure counts as before it: if the
//! charge itself fails, nothing was charged. A child saga counts as irreversible unless it says `#[saga(undoable)]`.

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
    let paid = charge(seat).await?;
    hold(seat).await?;
    Ok(paid)
}

fn main() {}
