//! SG0602: Neither does a closure that is called.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let twice = |item| price(item * 2);
    Ok(twice(items).await?)
}

fn main() {}
