//! SG0701: A saga does not read a clock.
//!
//! After a crash the body of a saga runs again over its journal, and has to reach the same places with the same values.
//! A clock gives another value each time. `now().await` is recorded.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let began = std::time::SystemTime::now();
    let price = price(items).await?;
    drop(began);
    Ok(price)
}

fn main() {}
