//! SG0610: Nor is anything deferred in a step.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    on_commit(mail(item)).await;
    Ok(item)
}

fn main() {}
