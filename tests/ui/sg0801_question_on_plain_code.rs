//! SG0801: Nor by a `?` on plain code.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    let shown: u32 = paid.to_string().parse().map_err(|_| Failure::permanent("no number"))?;
    Ok(shown)
}

fn main() {}
