//! SG0801: Nor by the failure of a step after its result was kept for later.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn look(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await;
    let seen = look(seat).await.unwrap_or(seat);
    paid?;
    Ok(seen)
}

fn main() {}
