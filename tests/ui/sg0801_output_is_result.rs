//! SG0801: Nor by the output of a step that never fails, if that is a `Result`.

use saga::prelude::*;

#[step(irreversible, retriable)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<Result<u64, Failure>, Failure> {
    Ok(Ok(amount))
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
