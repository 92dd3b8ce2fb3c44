//! SG0624: A wait is not deferred.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(sleep("2h")).await;
    on_commit(mail(item)).await;
    Ok(item)
}

fn main() {}
