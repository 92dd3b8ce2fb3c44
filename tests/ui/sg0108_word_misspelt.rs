//! SG0108: A word is one that is known.
//!
//! A word that nobody knows is most often a known one, misspelt; the nearest is suggested. Passing over it would
//! leave out what it was to say.

use saga::prelude::*;

#[step(irreversible, idempotnet)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
