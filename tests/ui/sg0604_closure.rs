//! SG0604: No `.await` stands in a closure.
//!
//! How often a closure runs, and in which order, is decided by the function that calls it. Awaits have places in the body
//! of the saga itself. For many at once there is `all`; for one after the other, a `for` loop.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let prices: Vec<_> = (0..items).map(|item| price(item).await).collect();
    Ok(prices.len() as u64)
}

fn main() {}
