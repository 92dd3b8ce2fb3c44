//! SG0412: Nor is that of the standard library.

use saga::prelude::*;

#[step(readonly)]
async fn read(path: String) -> std::io::Result<u64> {
    let text = std::fs::read(path)?;
    Ok(text.len() as u64)
}

fn main() {}
