//! SG0210: Text that may be borrowed.

use saga::prelude::*;

use std::borrow::Cow;

#[step(readonly)]
async fn look(name: Cow<'_, str>) -> Result<u64, Failure> {
    Ok(name.len() as u64)
}

fn main() {}
