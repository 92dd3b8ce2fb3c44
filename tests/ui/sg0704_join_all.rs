//! SG0704: Nor of `join_all`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices = futures::future::try_join_all((0..items).map(price)).await?;
    Ok(prices.iter().sum())
}

fn main() {}
