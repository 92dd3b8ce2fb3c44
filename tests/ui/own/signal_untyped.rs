//! A signal of no type.

use saga::prelude::*;

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let _paid = signal("paid").await;
    Ok(items)
}

fn main() {}
