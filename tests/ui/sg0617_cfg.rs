//! SG0617: No `#[cfg]` stands in a saga.
//!
//! Where a saga can go is read from its text before the compiler has left out what a `#[cfg]` leaves out. An `if` has two ways,
//! and both are read.

use saga::prelude::*;

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    #[cfg(not(debug_assertions))]
    charge(item).await?;
    Ok(item)
}

fn main() {}
