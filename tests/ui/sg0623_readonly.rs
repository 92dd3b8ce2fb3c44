//! SG0623: Nor is what has no effect.

use saga::prelude::*;

#[step(readonly, retriable)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(mail(item)).await;
    Ok(item)
}

fn main() {}
