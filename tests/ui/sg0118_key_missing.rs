//! SG0118: What is conclusive under a key takes one, and is repeated under it.
//!
//! `conclusive = "24h"` says of a service that it remembers a key for that long, and answers a repeat with its first
//! answer, refusals included. So a refusal of the repeat proves that no attempt happened. That needs a key, which the
//! step takes as `key: &IdempotencyKey` and hands to the service, and it needs a repeat.

use saga::prelude::*;

#[step(irreversible, idempotent, conclusive = "24h")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
