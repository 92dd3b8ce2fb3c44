//! SG1105: The name of a tool is one that language models take.
//!
//! Their interfaces take ASCII letters, digits, `_` and `-`, at most 64 of them. One name that they do not take makes
//! them refuse the whole list of tools.

use saga::prelude::*;

/// Finds the price of a coffee.
#[step(tool, readonly, name = "café_price")]
async fn price(size: u8) -> Result<u64, Failure> {
    Ok(size.into())
}

fn main() {}
