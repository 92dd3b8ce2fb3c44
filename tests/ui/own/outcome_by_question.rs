//! A `?` behind an `Outcome`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

async fn whole(handle: Handle<trip>) -> Result<u64, Box<dyn std::error::Error>> {
    let price = handle.outcome().await??;
    Ok(price)
}

fn main() {}
