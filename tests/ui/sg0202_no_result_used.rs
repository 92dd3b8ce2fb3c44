//! SG0202: A saga that awaits what returns no `Result` gives no second report.

use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> u64 {
    at
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(at).await?)
}

fn main() {}
