//! SG0801: Nor by a tail that may be an `Err`.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    paid.checked_add(0).ok_or_else(|| Failure::permanent("too much"))
}

fn main() {}
