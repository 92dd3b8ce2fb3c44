//! SG0704: Only `all` runs several things at once in a saga.
//!
//! A task or a thread that a saga starts is not recorded: it would be started again after a crash, and nothing would wait for
//! it or undo it. Several steps at once are `all((a(…), b(…)))`; a wait is `sleep("10s").await`; a time-out is a word of the
//! step.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tokio::spawn(async move { println!("{items}") });
    Ok(price(items).await?)
}

fn main() {}
