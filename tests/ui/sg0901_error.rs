//! SG0901: How a step fails.

use saga::prelude::*;

#[derive(Debug, thiserror::Error, StepError)]
#[error("no seats")]
#[permanent]
struct Full;

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Full> {
    if seats > 9 { Err(Full) } else { Ok(seats) }
}

fn main() {}
