//! own: A `?` stands behind an `Outcome`.
//!
//! `.completed().ok_or(…)?` behind the one `?` of `outcome().await?`

use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn book(runtime: &Runtime) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(runtime.run("trip-1", trip(7)).await?.outcome().await??)
}

fn main() {}
