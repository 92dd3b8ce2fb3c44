//! SG0113: Versions begin with 1.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga(version = 0)]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

fn main() {}
