//! SG0607: Nor an `async` closure called.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices = all((0..items).map(async |item| price(item).await)).await?;
    Ok(prices.len() as u64)
}

fn main() {}
