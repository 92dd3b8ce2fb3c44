//! SG0502: The name of a site may not be that of another, which is named after its step.

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
    let price = price(items).await?;
    let tax = tax(items).named("price").await?;
    Ok(price + tax)
}

fn main() {}
