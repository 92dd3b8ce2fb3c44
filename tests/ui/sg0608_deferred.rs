//! SG0608: Nor is anything deferred without it.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(mail(item));
    Ok(item)
}

fn main() {}
