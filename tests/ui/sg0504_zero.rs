//! SG0504: A bound is a number of turns, from 1.
//!
//! `#[bound(n)]` says how many turns a loop may make; in the next one the saga is dead-lettered. A loop without any turn
//! could be left out.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let mut sum = 0;
    #[bound(0)]
    while sum < 3 {
        sum += price(items).await?;
    }
    Ok(sum)
}

fn main() {}
