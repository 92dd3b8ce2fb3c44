//! SG0624: Only the call of a step is deferred.
//!
//! What is done in a commit is one effect, with a key of its own. Several are deferred one by one, in the order in which
//! they are to be done.

use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    on_commit(all((mail(item), mail(item + 1)))).await;
    Ok(item)
}

fn main() {}
