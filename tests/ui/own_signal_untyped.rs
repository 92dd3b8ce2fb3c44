//! own: A signal has no type.
//!
//! `signal::<bool>("paid")`

use saga::prelude::*;

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    let _paid = signal("paid").await;
    Ok(item)
}

fn main() {}
