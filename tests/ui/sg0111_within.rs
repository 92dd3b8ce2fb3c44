//! SG0111: A literal that limits an approval or a signal is a length of time.

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let told = signal::<u64>("told").within("30 minutes").await.unwrap_or(item);
    Ok(told)
}

fn main() {}
