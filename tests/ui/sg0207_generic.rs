//! SG0207: A step or a saga has no generics.
//!
//! It is found again by its name, after a restart, and a name says nothing about type parameters.

use saga::prelude::*;

#[step(readonly)]
async fn look<T: Into<u64>>(at: T) -> Result<u64, Failure> {
    Ok(at.into())
}

fn main() {}
