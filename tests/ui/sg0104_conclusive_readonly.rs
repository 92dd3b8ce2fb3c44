//! SG0104: Errors that clear no doubt.

use saga::prelude::*;

#[step(readonly, conclusive = "24h")]
async fn price(key: &IdempotencyKey, of: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(of)
}

fn main() {}
