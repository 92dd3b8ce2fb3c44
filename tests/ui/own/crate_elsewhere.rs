//! The crate under another name than the one that is said, or than `saga` if none is.

use saga::prelude::*;

#[step(irreversible, idempotent, crate = ::durable)]
async fn charge(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
