//! SG0704: It waits by timers that outlive the process.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    Ok(price(items).await?)
}

fn main() {}
