//! SG0609: One that only the definition of a macro shows is found by its type.

use saga::prelude::*;

macro_rules! at_least_one {
    ($items:expr) => {
        if $items == 0 {
            return Err(Failure::permanent("nothing to price"));
        }
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    at_least_one!(items);
    Ok(price(items).await?)
}

fn main() {}
