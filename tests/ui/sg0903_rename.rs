//! SG0903: A parameter takes no attribute of `serde` but `default`.
//!
//! The name of a parameter is the name that is recorded, and its type says how. `#[serde(default)]` or
//! `#[serde(default = "path")]` gives the value for older records, which lack a parameter that was added later. For all
//! other attributes of `serde`, use a type of its own, and put them on its fields.

use saga::prelude::*;

#[step(readonly)]
async fn greet(#[serde(rename = "who")] name: String) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {}
