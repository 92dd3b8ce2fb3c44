//! SG0503: A loop around an `.await` has a bound.
//!
//! A saga ends. One that loops for ever would fill its journal, and replay it after each crash. So a `loop` or `while`
//! with an `.await` in it states its greatest number of turns: past its `#[bound(…)]` the saga is dead-lettered, for a
//! person to look at. A `for` over a collection ends by itself.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    loop {
        let price = price(items).await?;
        if price < 10 {
            return Ok(price);
        }
    }
}

fn main() {}
