//! SG0101: A saga that awaits it gives no second report.

use saga::prelude::*;

#[step(idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(amount: u64) -> Result<u64, Failure> {
    let paid = pay(amount).await?;
    Ok(paid)
}

fn main() {}
