//! SG0406: An error of another crate as a step's own.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, std::io::Error> {
    Ok(at)
}

fn main() {}
