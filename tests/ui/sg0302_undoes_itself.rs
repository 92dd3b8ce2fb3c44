//! SG0302: A step does not stand beside itself.
//!
//! What undoes a step takes its effect back, and what asks about it has none. The step itself would do it once
//! more.

use saga::prelude::*;

#[step(compensate = pay(output), retriable, idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
