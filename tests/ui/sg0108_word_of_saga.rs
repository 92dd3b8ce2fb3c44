//! SG0108: A misspelt word of `#[saga]`.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga(verison = 1)]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(at).await?)
}

fn main() {}
