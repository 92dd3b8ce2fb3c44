//! SG0505: A bound stands before a loop in which something is awaited.
//!
//! Only turns in which something is awaited are recorded, and so counted. A loop of plain code needs no bound.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let mut sum = 0;
    #[bound(3)]
    while sum < items {
        sum += 1;
    }
    Ok(price(sum).await?)
}

fn main() {}
