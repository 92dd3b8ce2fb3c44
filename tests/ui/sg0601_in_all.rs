//! SG0601: In a branch as well.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn fetch(item: u64) -> u64 {
    item
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let (a, b) = all((price(items), fetch(items))).await?;
    Ok(a + b)
}

fn main() {}
