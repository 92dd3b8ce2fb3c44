//! SG0202: A step or a saga returns a `Result`.
//!
//! Every effect on the world can fail, and what follows depends on how: it is retried, undone, or asked about. For
//! that a failure has to be said. The error is one that derives `StepError`, or `saga::Failure`. The macro sees
//! names and not what they stand for: an alias of a `Result` has a name that ends so.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> u64 {
    at
}

fn main() {}
