//! SG1103: What a tool takes and gives has a JSON Schema.
//!
//! The schema tells a language model what to call the tool with, and what the tool gives. It comes from the types, by
//! `#[derive(schemars::JsonSchema)]`; doc comments on their fields become descriptions.

use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Seat {
    row: u8,
}

/// Tells what a seat costs.
#[step(tool, readonly)]
async fn price(seat: Seat) -> Result<u64, Failure> {
    Ok(seat.row.into())
}

fn main() {}
