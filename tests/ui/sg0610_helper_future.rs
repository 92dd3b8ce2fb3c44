//! SG0610: A helper returns a call as a future.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

fn quote(item: u64) -> impl Future<Output = Result<u64, StepFailure<Failure>>> {
    price(item * 2)
}

fn main() {}
