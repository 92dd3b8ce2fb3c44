//! An answer that is taken for a `bool`.

use saga::prelude::*;

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    if approve("Go?").await {
        return Ok(items);
    }
    Ok(0)
}

fn main() {}
