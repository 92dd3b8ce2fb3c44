//! SG0706: One that the saga makes as well.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, Failure> {
    let seen = items.iter().map(|item| item % 10).collect::<std::collections::HashSet<u64>>();
    let first = seen.iter().next().copied().unwrap_or_default();
    Ok(price(first).await?)
}

fn main() {}
