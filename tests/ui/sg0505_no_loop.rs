//! SG0505: Not before something else.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    #[bound(3)]
    let price = price(items).await?;
    Ok(price)
}

fn main() {}
