//! SG0204: What is called with is owned, what the runtime gives is borrowed.
//!
//! The parameters of a step are of two kinds. A value, such as `name: String`, is what it is called with: recorded,
//! and read again for each attempt. A reference, such as `airline: &Airline`, is a resource, which the runtime
//! hands over by its type. A reference to a plain value would be a resource, and is surely not meant as one.

use saga::prelude::*;

#[step(readonly)]
async fn look(name: &str) -> Result<u64, Failure> {
    Ok(name.len() as u64)
}

fn main() {}
