//! SG0705: What acts on the world is a step.
//!
//! A file that is written, a program that is started, a request that is sent: in the body of a saga nothing records it. It
//! happens again each time the saga runs again, and nothing undoes it. Steps are for that. (Printing is allowed, because
//! it is harmless; it may print twice.)

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    std::fs::write("items", items.to_string()).permanent()?;
    Ok(price(items).await?)
}

fn main() {}
