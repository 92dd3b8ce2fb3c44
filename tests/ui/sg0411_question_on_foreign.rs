//! SG0411: A foreign error in a saga.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: String) -> Result<u64, Failure> {
    Ok(look(at.parse::<u64>()?).await?)
}

fn main() {}
