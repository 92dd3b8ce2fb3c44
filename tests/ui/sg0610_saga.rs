//! SG0610: A saga is begun by a runtime.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

async fn start() {
    let outcome = trip(3).await;
    drop(outcome);
}

fn main() {}
