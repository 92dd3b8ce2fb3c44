//! own: A helper that returns a call says the step's name as its type.
//!
//! the call in the saga itself: a helper may make what a step is called with, and not the call

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

fn quote(item: u64) -> price {
    price(item * 2)
}

fn main() {}
