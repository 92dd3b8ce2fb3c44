//! SG0201: A step or a saga is an `async fn`.
//!
//! What a step does takes time, and the runtime waits for it, counts its attempts, and gives up when its time is
//! over. What blocks is given to a thread of its own, such as by `tokio::task::spawn_blocking`.

use saga::prelude::*;

#[step(readonly)]
fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

fn main() {}
