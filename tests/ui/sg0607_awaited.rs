//! SG0607: Neither is one awaited.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = async { price(items).await }.await?;
    Ok(price)
}

fn main() {}
