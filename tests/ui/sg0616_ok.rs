//! SG0616: Nor a function named `Ok`.

use saga::prelude::*;

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    #[allow(non_snake_case)]
    fn Ok(_item: u64) -> Result<u64, Failure> {
        Err(Failure::permanent("it is not"))
    }
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
