//! SG0213: A recorded parameter called `key`.

use saga::prelude::*;

#[step(irreversible, in_doubt = cancel(key), idempotent)]
async fn pay(key: u64) -> Result<u64, Failure> {
    Ok(key)
}

#[step(retriable, idempotent)]
async fn cancel(order: u64) -> Result<(), Failure> {
    let _ = order;
    Ok(())
}

fn main() {}
