//! SG0901: Written, but not read again.

use saga::prelude::*;

#[derive(serde::Serialize)]
struct Trip {
    to: String,
}

#[step(readonly)]
async fn price(trip: Trip) -> Result<u64, Failure> {
    Ok(trip.to.len() as u64)
}

fn main() {}
