//! SG0606: Nor in `vec!`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices = vec![price(items).await?; 2];
    Ok(prices.iter().sum())
}

fn main() {}
