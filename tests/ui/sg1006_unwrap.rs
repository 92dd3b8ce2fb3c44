//! SG1006: An `Outcome` is more than a `Result`.
//!
//! A saga completes, is rolled back, needs a person, or was closed by one. `.completed()` gives the output of the first; `match`
//! tells them apart. (That `Ok` and `Err` are no patterns of it the compiler says by itself, without a code.)

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn whole(handle: Handle<order>) -> u64 {
    handle.outcome().await.unwrap().unwrap()
}

fn main() {}
