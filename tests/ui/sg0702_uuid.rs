//! SG0702: A saga has no random values but recorded ones.
//!
//! A random value differs each time, and would not fit the journal when the saga runs again. `uuid().await` is
//! recorded; so is the output of a step that draws one.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let id = uuid::Uuid::new_v4();
    println!("{id}");
    Ok(price(items).await?)
}

fn main() {}
