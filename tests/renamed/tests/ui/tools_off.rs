//! A tool, where the feature `tools` is off.

use durable::prelude::*;

/// Finds an order by its number.
#[step(tool, readonly, crate = durable)]
async fn find_order(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {}
