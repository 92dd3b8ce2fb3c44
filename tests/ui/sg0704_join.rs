//! SG0704: Branches are those of `all`, and not of `join!`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let (a, b) = tokio::join!(price(items), price(1));
    Ok(a? + b?)
}

fn main() {}
