//! SG0614: A step is not called by a name that is saga's own.
//!
//! What `sleep`, `now`, `uuid`, `signal`, `approve` and `all` are is read from their names: whether they may fail, and that there
//! is nothing to undo. A step of such a name would be taken for it, and escape the rules of the point of no return. It is called
//! by its path, or has another name.

use saga::prelude::*;

#[step(irreversible)]
async fn approve(_key: &IdempotencyKey, order: u64) -> Result<u64, Failure> {
    Ok(order)
}

#[step(readonly)]
async fn look(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let approved = approve(item).await?;
    look(approved).await?;
    Ok(approved)
}

fn main() {}
