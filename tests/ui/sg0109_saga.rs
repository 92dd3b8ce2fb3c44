//! SG0109: Those of a saga as well.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga(deadline = "2h", version = 2, deadline = "3h")]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

fn main() {}
