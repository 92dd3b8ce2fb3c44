//! SG0210: An output that is borrowed.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<&'static str, Failure> {
    let _ = at;
    Ok("window")
}

fn main() {}
