//! SG0613: A step that is called is in scope.
//!
//! `#[step]` and `#[saga]` make a function of the name, and a type; both are found, imported and renamed as other items
//! are. The compiler says this in its own words.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(prize(items).await?)
}

fn main() {}
