//! SG0118: A call that settles it instead of a repeat.

use saga::prelude::*;

#[step(irreversible, in_doubt = call_off(key.to_string()), conclusive = "24h")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    let _ = key;
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn call_off(key: String) -> Result<(), Failure> {
    let _ = key;
    Ok(())
}

fn main() {}
