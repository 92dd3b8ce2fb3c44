//! SG0503: And a `for` over what has no end.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    for item in 1.. {
        if price(item).await? >= items {
            return Ok(item);
        }
    }
    unreachable!()
}

fn main() {}
