//! SG0901: The second of two parameters, of a step with a compensation.

use saga::prelude::*;

struct Trip {
    to: String,
}

#[step(compensate = release(trip.to), idempotent)]
async fn hold(seats: u64, trip: Trip) -> Result<u64, Failure> {
    Ok(seats * trip.to.len() as u64)
}

#[step(retriable, idempotent)]
async fn release(to: String) -> Result<(), Failure> {
    let _ = to;
    Ok(())
}

fn main() {}
