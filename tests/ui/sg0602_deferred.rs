//! SG0602: Nor does a deferred call that was stored.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let later = mail(item);
    on_commit(later).await;
    Ok(item)
}

fn main() {}
