//! SG0706: A saga iterates in an order that is the same in each process.
//!
//! The order of a `HashMap` or `HashSet` differs in each process. A saga that awaits a step for each of its entries would
//! reach them in another order after a crash, and its journal would not fit. A `BTreeMap` or `BTreeSet` is recorded just as
//! well. Where the order does not matter (`.values().sum()`, `.len()`, a look-up, collecting into a map), or is made by
//! sorting, there is no error.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: std::collections::HashMap<u64, u64>) -> Result<u64, Failure> {
    let mut sum = items.len() as u64;
    for (item, count) in &items {
        sum += price(*item).await? * count;
    }
    Ok(sum)
}

fn main() {}
