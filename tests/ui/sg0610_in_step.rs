//! SG0610: A step awaits no step.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn look(item: u64) -> Result<u64, Failure> {
    let priced = price(item).await;
    Ok(priced.unwrap())
}

fn main() {}
