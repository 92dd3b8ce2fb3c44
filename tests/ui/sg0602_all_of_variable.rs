//! SG0602: The branches of an `all` show theirs.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let calls: Vec<_> = (0..items).map(price).collect();
    let prices = all(calls).await?;
    Ok(prices.iter().sum())
}

fn main() {}
