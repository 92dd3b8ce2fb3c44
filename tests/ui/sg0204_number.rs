//! SG0204: A number by reference.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: &u64) -> Result<u64, Failure> {
    Ok(*at)
}

fn main() {}
