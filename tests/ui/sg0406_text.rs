//! SG0406: A text for an error.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, String> {
    if at == 0 { Err("no such seat".to_owned()) } else { Ok(at) }
}

fn main() {}
