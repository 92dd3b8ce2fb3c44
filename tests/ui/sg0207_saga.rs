//! SG0207: A saga with a type parameter.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip<T: Into<u64>>(at: T) -> Result<u64, Failure> {
    Ok(look(at.into()).await?)
}

fn main() {}
