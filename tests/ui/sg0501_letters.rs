//! SG0501: A dot or a slash would make another path of it.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).named("all.1").await?)
}

fn main() {}
