//! SG0603: A time-out is said by the step.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = price(items).timeout("10s").await?;
    Ok(price)
}

fn main() {}
