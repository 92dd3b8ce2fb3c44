//! SG0210: What is recorded holds no references.
//!
//! What is recorded is read again after a restart, when nothing is left to borrow from. So inputs and outputs own
//! what they hold.

use saga::prelude::*;

#[step(readonly)]
async fn look(name: Option<&str>) -> Result<u64, Failure> {
    Ok(name.map_or(0, |name| name.len() as u64))
}

fn main() {}
