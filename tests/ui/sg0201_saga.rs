//! SG0201: A saga that is not async.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(at).await?)
}

fn main() {}
