//! SG0706: Nor through what a step gave, by whatever name its type goes.

use saga::prelude::*;
use std::collections::HashMap;

type Items = HashMap<u64, u64>;

#[step(readonly)]
async fn items(order: u64) -> Result<Items, Failure> {
    Ok([(order, 1)].into())
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(order: u64) -> Result<u64, Failure> {
    let items = items(order).await?;
    let mut sum = 0;
    for (item, count) in items {
        sum += price(item).await? * count;
    }
    Ok(sum)
}

fn main() {}
