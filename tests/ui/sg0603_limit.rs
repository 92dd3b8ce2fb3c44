//! SG0603: `.limit` belongs to `all` of an iterator.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let (a, b) = all((price(items), price(1))).limit(1).await?;
    Ok(a + b)
}

fn main() {}
