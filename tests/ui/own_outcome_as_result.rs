//! own: An `Outcome` is taken apart like a `Result`.
//!
//! `Outcome::Completed { output, .. }`, `Outcome::RolledBack { error, .. }` and the others; or `.completed()`, an `Option`

use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn book(runtime: &Runtime) -> Result<u64, Box<dyn std::error::Error>> {
    match runtime.run("trip-1", trip(7)).await?.outcome().await? {
        Ok(order) => Ok(order),
        _ => Ok(0),
    }
}

fn main() {}
