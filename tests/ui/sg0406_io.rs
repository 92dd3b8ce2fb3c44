//! SG0406: Nor does that of `std::io::Result`.

use saga::prelude::*;

#[step(readonly)]
async fn read(path: String) -> std::io::Result<u64> {
    let text = std::fs::read(path)?;
    Ok(text.len() as u64)
}

fn main() {}
