//! SG0214: A saga takes recorded values.
//!
//! The input of a saga is recorded before it begins, and read again after a restart, when nothing is left to borrow
//! from. What the program has, such as clients and pools, the steps take themselves.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(name: &str) -> Result<u64, Failure> {
    Ok(look(name.len() as u64).await?)
}

fn main() {}
