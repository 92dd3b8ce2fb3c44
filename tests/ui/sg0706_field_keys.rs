//! SG0706: Nor for the branches of an `all`.

use saga::prelude::*;
use std::collections::HashMap;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Basket {
    items: HashMap<u64, u64>,
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(basket: Basket) -> Result<u64, Failure> {
    let prices = all(basket.items.keys().map(|item| price(*item))).await?;
    Ok(prices.iter().sum())
}

fn main() {}
