//! SG0704: It limits no time by itself.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = tokio::time::timeout(std::time::Duration::from_secs(10), price(items)).await;
    Ok(price.unwrap())
}

fn main() {}
