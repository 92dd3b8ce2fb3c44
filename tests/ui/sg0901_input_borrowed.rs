//! SG0901: Text that is borrowed, behind an alias.

use saga::prelude::*;

type Name = &'static str;

#[step(readonly)]
async fn greet(name: Name) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {}
