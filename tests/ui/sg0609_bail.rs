//! SG0609: Nor a `return` in a `bail!`.

use saga::prelude::*;

macro_rules! bail {
    ($why:expr) => {
        return Err(Failure::permanent($why))
    };
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    if items == 0 {
        bail!("nothing to price");
    }
    Ok(price(items).await?)
}

fn main() {}
