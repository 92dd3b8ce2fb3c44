//! SG0111: A deadline without a unit.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga(deadline = "24")]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(at).await?)
}

fn main() {}
