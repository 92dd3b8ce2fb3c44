//! SG0612: A step that only undoes others is not awaited.
//!
//! A step that says `retriable` and not how it is undone may stand in `compensate`, `confirm` and `in_doubt` alone. Awaited
//! in a saga its effect would outlive a rollback.

use saga::prelude::*;

#[step(retriable, idempotent)]
async fn tell(what: u64) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tell(items).await;
    Ok(items)
}

fn main() {}
