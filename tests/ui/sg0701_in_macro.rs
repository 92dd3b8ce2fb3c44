//! SG0701: In a macro too.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    println!("{:?}", chrono::Utc::now());
    Ok(price(items).await?)
}

fn main() {}
