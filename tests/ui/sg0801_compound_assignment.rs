//! SG0801: Nor on either side of a compound assignment: which comes first depends on the types.

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
    let mut sums = vec![0; 4];
    sums[look(seat).await? as usize] += charge(seat).await?;
    Ok(sums[3])
}

fn main() {}
