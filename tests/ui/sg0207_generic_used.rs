//! SG0207: A saga that calls a generic step gives no second report.

use saga::prelude::*;

#[step(readonly)]
async fn look<T: Into<u64>>(at: T) -> Result<u64, Failure> {
    Ok(at.into())
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    look(3).await?;
    Ok(at)
}

fn main() {}
