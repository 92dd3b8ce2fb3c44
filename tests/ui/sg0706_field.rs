//! SG0706: Nor through one in a field.

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
    let mut sum = 0;
    for (item, count) in &basket.items {
        sum += price(*item).await? * count;
    }
    Ok(sum)
}

fn main() {}
