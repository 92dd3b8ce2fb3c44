//! SG0706: Its keys have that order too.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: std::collections::HashMap<u64, u64>) -> Result<u64, Failure> {
    let prices = all(items.keys().map(|item| price(*item))).await?;
    Ok(prices.iter().sum())
}

fn main() {}
