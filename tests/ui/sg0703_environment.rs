//! SG0703: A saga does not read its environment.
//!
//! Environment, arguments and processors may differ after a crash: a saga goes on in another process, perhaps on another
//! machine. It may depend on its input, and on the recorded outputs of steps.

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
