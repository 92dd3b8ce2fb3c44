//! SG0801: Nor may an irreversible step itself fail in a second turn.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    for part in 0..seat {
        charge(part).await?;
    }
    Ok(seat)
}

fn main() {}
