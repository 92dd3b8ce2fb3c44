//! SG0407: `?` behind an `Option`.

use saga::prelude::*;

#[step(readonly)]
async fn look(seats: Vec<u64>) -> Result<u64, Failure> {
    let seat = seats.first()?;
    Ok(*seat)
}

fn main() {}
