//! A function that awaits steps and is no saga.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

fn quote(item: u64) -> impl Future<Output = u64> {
    std::future::ready(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let quoted = quote(items).await;
    Ok(price(quoted).await?)
}

fn main() {}
