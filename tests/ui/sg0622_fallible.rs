//! SG0622: What is deferred to the commit never fails.
//!
//! A commit is past the point of no return: what is done there is retried until it succeeds.

use saga::prelude::*;

#[step(irreversible, idempotent)]
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
