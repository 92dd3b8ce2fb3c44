//! SG0201: A saga that awaits what is not async gives no second report.

use saga::prelude::*;

#[step(readonly)]
fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(at).await?)
}

fn main() {}
