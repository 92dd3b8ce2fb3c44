//! SG0407: An error of others is told what it means before a `?`.
//!
//! An error of another crate does not know what it means for the step: a refused connection did not happen, a
//! broken one may have. So it is said where it is known: `.transient()?`, `.permanent()?` or `.in_doubt()?` make a
//! `saga::Failure` of it. A step with an error of its own maps it to a variant.

use saga::prelude::*;

#[step(readonly)]
async fn look(seat: String) -> Result<u64, Failure> {
    let seat: u64 = seat.parse()?;
    Ok(seat)
}

fn main() {}
