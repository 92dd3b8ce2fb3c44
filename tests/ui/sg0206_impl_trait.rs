//! SG0206: What is recorded has a type.
//!
//! A recorded value is read again by its type, after a restart. A type that is chosen by each caller is not known
//! then.

use saga::prelude::*;

#[step(readonly)]
async fn look(name: impl Into<String>) -> Result<u64, Failure> {
    Ok(name.into().len() as u64)
}

fn main() {}
