//! SG0609: Or in an `ensure!`.

use saga::prelude::*;

macro_rules! ensure {
    ($so:expr, $why:expr) => {
        if !$so {
            return Err(Failure::permanent($why));
        }
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    ensure!(items > 0, "nothing to price");
    Ok(price(items).await?)
}

fn main() {}
