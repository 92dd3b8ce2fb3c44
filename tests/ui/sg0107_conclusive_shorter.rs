//! SG0107: A key that is forgotten before the first attempt may end.

use saga::prelude::*;

#[step(irreversible, timeout = "2m", conclusive = "1m")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(amount)
}

fn main() {}
