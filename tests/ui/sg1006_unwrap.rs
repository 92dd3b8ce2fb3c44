//! SG1006: An `Outcome` is more than a `Result`.
//!
//! A saga completes, is rolled back, is dead-lettered, or was abandoned. `.completed()` gives the output of the first; `match`
//! tells them apart. (The compiler rejects `Ok` and `Err` as patterns of it by itself, without a code.)

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn whole(handle: Handle<order>) -> u64 {
    handle.outcome().await.unwrap().unwrap()
}

fn main() {}
