//! SG0617: No `#[cfg]` stands in a saga.
//!
//! The automaton of a saga is read from its text before the compiler removes what a `#[cfg]` leaves out. Use an `if`: both of
//! its branches are read.

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
