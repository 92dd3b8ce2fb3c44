//! SG0903: A default that is no path.

use saga::prelude::*;

#[step(readonly)]
async fn greet(#[serde(default = 1)] name: String) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {}
