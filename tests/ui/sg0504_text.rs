//! SG0504: It is no text.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let mut sum = 0;
    #[bound("ten turns")]
    while sum < 3 {
        sum += price(items).await?;
    }
    Ok(sum)
}

fn main() {}
