//! SG0603: A limit that comes too late.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    signal::<bool>("paid").await.within("1h").ok();
    Ok(price(items).await?)
}

fn main() {}
