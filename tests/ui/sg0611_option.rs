//! SG0611: An `Option` has no failure either.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let half = items.checked_div(2)?;
    Ok(price(half).await?)
}

fn main() {}
