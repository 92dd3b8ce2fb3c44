//! SG0609: Nor in a `vec!`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let most = vec![u64::try_from(i64::MAX).permanent()?; 2];
    Ok(price(items).await? + most.len() as u64)
}

fn main() {}
