//! SG0611: `?` stands behind what can fail.
//!
//! `?` leaves the saga with a failure, and so begins a rollback. A retriable step has no failure: it is tried again until
//! it succeeds, so that its `.await` gives its output. That is what makes it fit to stand past the point of no return.

use saga::prelude::*;

#[step(irreversible, idempotent, retriable)]
async fn tell(what: u64) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tell(items).await?;
    Ok(items)
}

fn main() {}
