//! SG0602: Nor does an `if`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn tax(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = (if items > 1 { price(items) } else { price(0) }).await?;
    Ok(price + tax(0).await?)
}

fn main() {}
