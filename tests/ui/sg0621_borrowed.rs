//! SG0621: A step is called with what it can keep.
//!
//! What a step is called with is recorded, and so it is owned. A parameter with `&` is a resource: the runtime gives it, and it is
//! left out where the step is called.

use saga::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u64,
}

#[step(readonly)]
async fn check(order: Order) -> Result<u64, Failure> {
    Ok(order.id)
}

#[saga]
async fn order(order: Order) -> Result<u64, Failure> {
    let id = check(&order).await?;
    Ok(id)
}

fn main() {}
