//! SG0407: An error of another crate is classified before a `?`.
//!
//! An error of another crate does not say what it means for the step: after a refused connection nothing happened,
//! after a broken one it may have. So the step says it: `.transient()?`, `.permanent()?` or `.in_doubt()?` convert it
//! to a `saga::Failure`. A step with an error of its own maps it to a variant.

use saga::prelude::*;

#[step(readonly)]
async fn look(seat: String) -> Result<u64, Failure> {
    let seat: u64 = seat.parse()?;
    Ok(seat)
}

fn main() {}
