//! SG0801: Nor by an approval that may be denied.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    approve("Tell them?").within("1h").await?;
    Ok(paid)
}

fn main() {}
