//! SG0704: It does not `select!`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tokio::select! {
        price = price(items) => Ok(price?),
        _ = sleep("2h") => Ok(0),
    }
}

fn main() {}
