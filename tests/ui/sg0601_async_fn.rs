//! SG0601: A saga awaits what is recorded: steps, sagas, timers, signals, approvals.
//!
//! After a crash the body of a saga runs again from its start, over its journal: what was awaited before is not done
//! again, but answered from its record. A plain future has none. What acts on the world, or asks it, is a `#[step]`, which
//! may await whatever it likes. (A step is a function and a type of one name: that the compiler expected a type is its own
//! way of saying so.)

use saga::prelude::*;

async fn fetch(item: u64) -> u64 {
    item
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = fetch(items).await;
    Ok(price)
}

fn main() {}
