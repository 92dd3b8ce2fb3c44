//! SG0605: No `.await` stands in a nested function.
//!
//! A nested `async fn` is a future that nothing records. What it does is a saga of its own, which has its place in the
//! journal of the one that awaits it; or a step.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    async fn twice(item: u64) -> Result<u64, Failure> {
        Ok(price(item).await? * 2)
    }
    drop(twice(items));
    Ok(items)
}

fn main() {}
