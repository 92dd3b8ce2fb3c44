//! SG0114: A saga is recorded under a name as well.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga(name = "trips/book")]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

fn main() {}
