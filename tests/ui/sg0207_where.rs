//! SG0207: A `where` clause.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure>
where
    u64: Copy,
{
    Ok(at)
}

fn main() {}
