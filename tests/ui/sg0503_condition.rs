//! SG0503: Also if only its condition awaits.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let mut item = items;
    while price(item).await? > 3 {
        item -= 1;
    }
    Ok(item)
}

fn main() {}
