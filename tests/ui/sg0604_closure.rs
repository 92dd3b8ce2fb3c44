//! SG0604: No `.await` stands in a closure.
//!
//! A closure has a life of its own: how often and in which order it runs is for whoever calls it. Awaits have places in the
//! saga itself. For many at once there is `all`, and a `for` loop for one after the other.

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
