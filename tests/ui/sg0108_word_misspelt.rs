//! SG0108: A word is one that is known.
//!
//! An unknown word is most often a known one, misspelt; the nearest is suggested. If it were ignored, the step would
//! silently lack that option.

use saga::prelude::*;

#[step(irreversible, idempotnet)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
