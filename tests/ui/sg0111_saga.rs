//! SG0111: A deadline is a length of time, and no date.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga(deadline = "2027-01-01")]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

fn main() {}
