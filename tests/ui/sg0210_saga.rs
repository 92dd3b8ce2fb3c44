//! SG0210: A saga that takes text inside of something.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(names: Vec<&'static str>) -> Result<u64, Failure> {
    Ok(look(names.len() as u64).await?)
}

fn main() {}
