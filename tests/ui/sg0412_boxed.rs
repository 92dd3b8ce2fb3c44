//! SG0412: An error that can be anything is none of a step.
//!
//! Whether an attempt happened decides what comes next, and an error that can be anything does not say. Neither can it be recorded.
//! `saga::Failure` holds the text and the meaning of any error; an enum of your own holds more.

use saga::prelude::*;

#[step(readonly)]
async fn parse(text: String) -> Result<u64, Box<dyn std::error::Error>> {
    let price: u64 = text.parse()?;
    Ok(price)
}

fn main() {}
