//! SG0701: Whatever a `use` calls the clock.

use saga::prelude::*;
use std::time::SystemTime as Clock;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let begun = Clock::now();
    let price = price(items).await?;
    Ok(if begun.elapsed().is_ok() { price } else { 0 })
}

fn main() {}
