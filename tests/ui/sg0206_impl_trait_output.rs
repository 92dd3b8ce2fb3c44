//! SG0206: An output without a name for its type.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<impl Copy, Failure> {
    Ok(at)
}

fn main() {}
