//! SG0803: No branch of `all` is irreversible.
//!
//! When one branch of `all` fails, the others are settled and undone. What an irreversible step did in a branch would stay,
//! although the saga goes back. Await it by itself, after the branches that can be undone.

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
    let (held, _) = all((hold(seat), charge(seat))).await?;
    Ok(held)
}

fn main() {}
