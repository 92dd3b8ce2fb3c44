//! SG0701: Handing it on asks it as well.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let began = (items > 5).then(std::time::Instant::now);
    drop(began);
    Ok(price(items).await?)
}

fn main() {}
