//! SG0610: A call is awaited in a saga.
//!
//! What a step does is recorded in the journal of the saga that awaits it; elsewhere there is none. A saga is begun by a
//! `Runtime`. A step alone, as in a test of the step, is run by `hold::run(&resources, …)`.

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

async fn trip(items: u64) -> Result<u64, Failure> {
    let held = hold(items).await;
    Ok(held.unwrap())
}

fn main() {}
