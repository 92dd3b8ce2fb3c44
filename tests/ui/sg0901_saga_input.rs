//! SG0901: What a saga is called with.

use saga::prelude::*;

struct Trip {
    seats: u64,
}

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn book(trip: Trip) -> Result<u64, Failure> {
    Ok(look(trip.seats).await?)
}

fn main() {}
