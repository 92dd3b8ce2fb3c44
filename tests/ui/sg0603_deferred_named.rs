//! SG0603: A deferred call is named as a whole.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(mail(item).named("first")).await;
    Ok(item)
}

fn main() {}
