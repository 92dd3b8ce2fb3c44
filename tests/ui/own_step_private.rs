//! own: A step of another module is not public.
//!
//! `pub` or `pub(crate)` before its `async fn`: a step is a type and a function of its name, both as public as that

use saga::prelude::*;

mod prices {
    use saga::prelude::*;

    #[step(readonly)]
    async fn price(item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    Ok(prices::price(item).await?)
}

fn main() {}
