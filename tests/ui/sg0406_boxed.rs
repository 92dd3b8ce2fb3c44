//! SG0406: Nor does an error that can be anything say it.

use saga::prelude::*;

#[step(readonly)]
async fn parse(text: String) -> Result<u64, Box<dyn std::error::Error>> {
    let price: u64 = text.parse()?;
    Ok(price)
}

fn main() {}
