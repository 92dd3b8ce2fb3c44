//! SG0202: A saga that returns no `Result`.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: u64) -> u64 {
    look(at).await.unwrap_or(0)
}

fn main() {}
