//! SG0703: How many processors there are, for one.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let many = std::thread::available_parallelism().map_or(1, |many| many.get() as u64);
    Ok(price(items + many).await?)
}

fn main() {}
