//! own: A saga awaits a function that is not a step, such as a helper that returns a call.
//!
//! the call itself: a helper may make what a step is called with, and not the call; or `#[step(…)]` on the function, or `#[saga]` if it awaits steps itself

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

fn quote(item: u64) -> saga::StepCall<price> {
    price(item * 2)
}

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    Ok(quote(item).await?)
}

fn main() {}
