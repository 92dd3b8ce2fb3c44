//! SG0801: Nor in the arm of a `match` for what was done.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    match charge(seat).await {
        Ok(paid) if paid > 100 => Err(Failure::permanent("too dear")),
        Ok(paid) => Ok(paid),
        Err(failure) => Err(failure.into()),
    }
}

fn main() {}
