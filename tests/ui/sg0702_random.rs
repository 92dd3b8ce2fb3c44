//! SG0702: Not by a generator without a seed.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let lot = rand::random_range(0..items);
    Ok(price(lot).await?)
}

fn main() {}
