//! SG0619: A saga does not call itself.
//!
//! A child saga runs in the journal of its parent, and its automaton is a part of its parent's. One that calls itself would have
//! one without an end.

use saga::prelude::*;

#[step(compensate = release(output))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    if item > 0 {
        order(item - 1).await?;
    }
    Ok(item)
}

fn main() {}
