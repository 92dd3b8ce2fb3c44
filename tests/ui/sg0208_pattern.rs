//! SG0208: A parameter has a plain name.
//!
//! The input of a step is recorded as an object with the names of its parameters: `{"seat": {…}}`. That is what
//! stands in the journal, and what a model is told when it is to call the step.

use saga::prelude::*;

#[step(readonly)]
async fn look((row, seat): (u64, u64)) -> Result<u64, Failure> {
    Ok(row + seat)
}

fn main() {}
