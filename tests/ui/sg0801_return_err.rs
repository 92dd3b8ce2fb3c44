//! SG0801: Nor by `return Err(…)`.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    if paid > 100 {
        return Err(Failure::permanent("too dear"));
    }
    Ok(paid)
}

fn main() {}
