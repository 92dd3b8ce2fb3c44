//! SG1103: What a tool gives.

use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Price {
    cents: u64,
}

/// Tells what a seat costs.
#[step(tool, readonly)]
async fn price(row: u8) -> Result<Price, Failure> {
    Ok(Price { cents: row.into() })
}

fn main() {}
