//! SG0206: An `impl Trait` for a saga.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: impl Into<u64>) -> Result<u64, Failure> {
    Ok(look(at.into()).await?)
}

fn main() {}
