//! SG0703: A saga does not ask its surroundings.
//!
//! Environment, arguments and processors may be others after a crash: a saga goes on in another process, perhaps on another
//! machine. What it depends on is its input, or the recorded output of a step.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let home = std::env::var("HOME").unwrap_or_default();
    Ok(price(items + home.len() as u64).await?)
}

fn main() {}
