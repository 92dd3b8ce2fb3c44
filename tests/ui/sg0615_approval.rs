//! SG0615: Nor is a denial.

use saga::prelude::*;

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    approve("Charge the card?").within("1s").await;
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
