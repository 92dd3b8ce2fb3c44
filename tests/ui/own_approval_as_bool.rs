//! own: An answer is taken for a `bool`.
//!
//! `approve(…).await.is_ok()`, or `approve(…).await?` if the saga is to end there

use saga::prelude::*;

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    let wanted: bool = approve("Charge?").await;
    Ok(if wanted { item } else { 0 })
}

fn main() {}
