//! SG0601: And in those of an iterator.

use saga::prelude::*;

async fn fetch(item: u64) -> u64 {
    item
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices = all((0..items).map(|item| fetch(item))).await?;
    Ok(prices.iter().sum())
}

fn main() {}
