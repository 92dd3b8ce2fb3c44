//! SG0705: Starting a program, for one.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let done = std::process::Command::new("true").status().permanent()?;
    Ok(price(items + u64::from(!done.success())).await?)
}

fn main() {}
