//! SG0502: No two sites have one name.
//!
//! What happens at a site is recorded under its name, and when the saga runs again, it is found by it. Sites without a
//! name of their own are told apart by their order: `price`, `price#2`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let first = price(items).named("price-now").await?;
    let second = price(items + 1).named("price-now").await?;
    Ok(first + second)
}

fn main() {}
