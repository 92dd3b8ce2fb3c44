//! SG0801: Nor in the `else` of a `let` that a success may come to.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let Ok(1..100) = charge(seat).await else {
        return Err(Failure::permanent("too dear, or not charged"));
    };
    Ok(seat)
}

fn main() {}
