//! SG0204: A slice by reference.

use saga::prelude::*;

#[step(readonly)]
async fn look(seats: &[u64]) -> Result<u64, Failure> {
    Ok(seats.iter().sum())
}

fn main() {}
