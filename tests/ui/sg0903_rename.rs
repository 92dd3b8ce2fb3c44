//! SG0903: A parameter says no more than what an older record lacks.
//!
//! The name of a parameter is the name that is recorded, and its type says how. What older records do not have, because
//! the parameter was added later, is said by `#[serde(default)]` or `#[serde(default = "path")]`; all else that `serde`
//! can do stands on the fields of a type of its own.

use saga::prelude::*;

#[step(readonly)]
async fn greet(#[serde(rename = "who")] name: String) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {}
