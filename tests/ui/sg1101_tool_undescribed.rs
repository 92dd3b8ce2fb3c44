//! SG1101: A tool has a doc comment.
//!
//! A language model reads it, and decides by it when to call the tool. Say what the tool does, when to call it and when
//! not, and what comes of it. A parameter may have a doc comment as well.

use saga::prelude::*;

#[step(tool, readonly)]
async fn find_order(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {}
