//! SG0216: What can be recorded is taken by value.
//!
//! By reference a step takes what the runtime was given: a client, a pool, a clock. An order is what it is called with. Taken by
//! reference it would compile once the argument is left out, and be missing when the runtime starts.

use saga::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u64,
}

#[step(readonly)]
async fn check(order: &Order) -> Result<u64, Failure> {
    Ok(order.id)
}

#[saga]
async fn order(order: Order) -> Result<u64, Failure> {
    let id = check().await?;
    Ok(id)
}

fn main() {}
