//! SG0901: A type in the type of a parameter.

use saga::prelude::*;

struct Trip {
    to: String,
}

#[step(readonly)]
async fn price(trips: Vec<Trip>) -> Result<u64, Failure> {
    Ok(trips.iter().map(|trip| trip.to.len() as u64).sum())
}

fn main() {}
