//! SG0609: So is a `?`.

use saga::prelude::*;

macro_rules! small {
    ($items:expr) => {
        u8::try_from($items).permanent()?
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let small = small!(items);
    Ok(price(u64::from(small)).await?)
}

fn main() {}
