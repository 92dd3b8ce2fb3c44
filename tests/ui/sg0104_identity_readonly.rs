//! SG0104: `identity` on readonly.

use saga::prelude::*;

#[step(readonly, identity(order))]
async fn free_seats(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {}
