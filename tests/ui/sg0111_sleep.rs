//! SG0111: A literal that a saga sleeps by is a length of time.

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    sleep("2 hours").await;
    Ok(item)
}

fn main() {}
