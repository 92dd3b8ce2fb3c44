//! SG0610: Nor in a step.

use saga::prelude::*;

#[step(readonly)]
async fn ask(item: u64) -> Result<u64, Failure> {
    approve("May I?").await.permanent()?;
    Ok(item)
}

fn main() {}
