//! SG0616: Nor all of a module.

use saga::prelude::*;

mod steps {
    use saga::prelude::*;

    #[step(irreversible)]
    pub async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
        Ok(amount)
    }
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    use steps::*;
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {}
