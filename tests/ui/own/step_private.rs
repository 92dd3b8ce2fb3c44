//! A step of another module that is not public.

use saga::prelude::*;

mod prices {
    use saga::prelude::*;

    #[step(readonly)]
    async fn price(item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(prices::price(items).await?)
}

fn main() {}
