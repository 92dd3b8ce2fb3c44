//! SG0901: What a step gives, awaited in a saga.

use saga::prelude::*;

struct Hold {
    id: u64,
}

#[step(compensate = release(output.id), idempotent)]
async fn hold(seats: u64) -> Result<Hold, Failure> {
    Ok(Hold { id: seats })
}

#[step(retriable, idempotent)]
async fn release(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

#[saga]
async fn trip(seats: u64) -> Result<u64, Failure> {
    let held = hold(seats).await?;
    Ok(held.id)
}

fn main() {}
