//! SG0610: Nor is one whose `.await` only the definition of a macro shows.

use saga::prelude::*;

macro_rules! held {
    ($call:expr) => {
        $call.await
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = held!(price(items));
    Ok(price?)
}

fn main() {}
