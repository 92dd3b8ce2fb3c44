//! SG0204: A saga that calls a broken step gives no second report.

use saga::prelude::*;

#[step(readonly)]
async fn look(name: &str) -> Result<u64, Failure> {
    Ok(name.len() as u64)
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look("x".repeat(at as usize)).await?)
}

fn main() {}
