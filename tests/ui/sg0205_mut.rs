//! SG0205: A resource is shared.
//!
//! All steps that run share a resource, so none of them has it to itself. What changes inside it is behind a lock,
//! a channel, or an atomic.

use saga::prelude::*;

struct Counter {
    seen: u64,
}

#[step(readonly)]
async fn look(counter: &mut Counter, at: u64) -> Result<u64, Failure> {
    counter.seen += at;
    Ok(counter.seen)
}

fn main() {}
