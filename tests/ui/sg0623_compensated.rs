//! SG0623: What a rollback undoes is not deferred to the commit.
//!
//! It is awaited in the body, which may read its output; a rollback undoes it.

use saga::prelude::*;

#[step(retriable, idempotent, compensate = forget(item))]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[step(retriable, idempotent)]
async fn forget(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(mail(item)).await;
    Ok(item)
}

fn main() {}
