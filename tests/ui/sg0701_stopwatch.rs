//! SG0701: A clock that only measures, behind a `use`.

use saga::prelude::*;
use std::time::Instant;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let begun = Instant::now();
    let price = price(items).await?;
    Ok(if begun.elapsed().as_secs() < 60 { price } else { 0 })
}

fn main() {}
