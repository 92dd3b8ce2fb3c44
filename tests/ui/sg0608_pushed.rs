//! SG0608: Nor pushed into a list.

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
    let mut calls = Vec::new();
    for number in 0..item {
        calls.push(reserve(number));
    }
    Ok(item)
}

fn main() {}
