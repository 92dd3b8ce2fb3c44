//! SG0503: A bound by another word.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    #[limit(20)]
    loop {
        let price = price(items).await?;
        if price < 10 {
            return Ok(price);
        }
    }
}

fn main() {}
