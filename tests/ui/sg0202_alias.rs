//! SG0202: An alias that does not say what it is.

use saga::prelude::*;

type Seen = Result<u64, Failure>;

#[step(readonly)]
async fn look(at: u64) -> Seen {
    Ok(at)
}

fn main() {}
