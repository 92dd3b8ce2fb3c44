//! SG0601: A saga awaits what is recorded: steps, sagas, timers, signals, approvals.
//!
//! After a crash the body of a saga runs again from its start, over its journal: what was awaited before is not done
//! again, but answered from its record. A plain future has no record. Code that acts on the world, or asks it, is a
//! `#[step]`, which may await anything. (A step is a function and a type of one name: therefore the compiler says that it
//! expected a type.)

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
