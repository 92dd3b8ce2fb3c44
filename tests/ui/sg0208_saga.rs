//! SG0208: A pattern for a saga.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip((row, seat): (u64, u64)) -> Result<u64, Failure> {
    Ok(look(row * 100 + seat).await?)
}

fn main() {}
