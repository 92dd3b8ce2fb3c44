//! SG0306: Part of what is taken as a resource, and was to be recorded.

use saga::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u64,
}

#[step(compensate = refund(order.id), idempotent)]
async fn pay(order: &Order) -> Result<u64, Failure> {
    Ok(order.id)
}

#[step(retriable, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

fn main() {}
