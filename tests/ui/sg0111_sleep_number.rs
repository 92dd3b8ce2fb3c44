//! SG0111: Nor does a number say of what.

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    sleep(10).await;
    Ok(item)
}

fn main() {}
