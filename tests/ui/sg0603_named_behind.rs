//! SG0603: A name that comes too late.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let outbound = price(items).await.named("outbound")?;
    Ok(outbound)
}

fn main() {}
