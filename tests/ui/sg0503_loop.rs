//! SG0503: A loop around an `.await` has a bound.
//!
//! A saga ends. One that goes round for ever would fill its journal, and run through it again after each crash. So a
//! `loop` or `while` with an `.await` in it says how many turns are too many: past its `#[bound(…)]` the saga is parked as
//! a dead letter, for a person to look at. A `for` over a collection ends by itself.

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
