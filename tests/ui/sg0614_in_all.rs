//! SG0614: Nor in a branch of `all`, by an import.

use saga::prelude::*;
use steps::charge as signal;

mod steps {
    use saga::prelude::*;

    #[step(irreversible)]
    pub async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
        Ok(amount)
    }
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let (a, b) = all((signal(item), signal(0))).await?;
    Ok(a + b)
}

fn main() {}
