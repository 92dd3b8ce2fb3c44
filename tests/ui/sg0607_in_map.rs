//! SG0607: Steps that are awaited in a closure.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices: Vec<_> = (0..items).map(|item| async move { price(item).await }).collect();
    Ok(prices.len() as u64)
}

fn main() {}
