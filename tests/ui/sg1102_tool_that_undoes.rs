//! SG1102: What only undoes others is not offered as a tool.
//!
//! A step that is `retriable` and says nothing of how it is undone may only undo other steps. A rollback calls it by
//! itself. If an agent called it, nothing would undo that.

use saga::prelude::*;

/// Gives a seat back.
#[step(tool, retriable, idempotent)]
async fn release_seat(seat: u64) -> Result<(), Failure> {
    println!("{seat} is free");
    Ok(())
}

fn main() {}
