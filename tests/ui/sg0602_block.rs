//! SG0602: A block does not.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = { price(items) }.await?;
    Ok(price)
}

fn main() {}
