//! SG0901: What a saga gives.

use saga::prelude::*;

#[derive(Debug, PartialEq)]
struct Held {
    seats: u64,
}

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn trip(seats: u64) -> Result<Held, Failure> {
    let seats = look(seats).await?;
    Ok(Held { seats })
}

fn main() {}
