//! SG0202: A step that returns nothing.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn ring(times: u64) {
    let _ = times;
}

fn main() {}
