//! SG0105: A window without an undo.

use saga::prelude::*;

#[step(irreversible, idempotent, undo_within = "24h")]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
