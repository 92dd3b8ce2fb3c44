//! SG0208: A parameter without a name.

use saga::prelude::*;

#[step(readonly)]
async fn look(_: u64) -> Result<u64, Failure> {
    Ok(7)
}

fn main() {}
