//! SG0902: Held by a step while it waits.

use saga::prelude::*;

use std::rc::Rc;

async fn ask() -> Result<u64, Failure> {
    Ok(2)
}

#[step(readonly)]
async fn count() -> Result<u64, Failure> {
    let base = Rc::new(5);
    let more = ask().await?;
    Ok(*base + more)
}

fn main() {}
