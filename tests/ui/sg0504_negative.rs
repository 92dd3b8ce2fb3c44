//! SG0504: Nor less than none.

use saga::prelude::*;

#[step(compensate = release(output))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    #[bound(-3)]
    while reserve(item).await? > 3 {}
    Ok(item)
}

fn main() {}
