//! SG0608: A call is awaited.
//!
//! `hold(item)` only says what is to be done: a call is inert data, as a future is. Its `.await` does it. A call without
//! one is a mistake.

use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    hold(items);
    Ok(items)
}

fn main() {}
