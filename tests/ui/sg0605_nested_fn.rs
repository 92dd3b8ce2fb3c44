//! SG0605: No `.await` stands in a nested function.
//!
//! A nested `async fn` is a future that nothing records. Make it a step, or a saga of its own, which is recorded in the
//! journal of the saga that awaits it.

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
