//! SG0801: Nor by one branch of an `if` at the end.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    if paid < 100 { Ok(paid) } else { Err(Failure::permanent("too dear")) }
}

fn main() {}
