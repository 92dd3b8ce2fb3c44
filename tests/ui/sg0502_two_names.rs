//! SG0502: Nor has one site two names.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).named("first").named("second").await?)
}

fn main() {}
