//! SG0607: Steps that are awaited in it.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let later = async { price(items).await };
    drop(later);
    Ok(items)
}

fn main() {}
