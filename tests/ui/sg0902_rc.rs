//! SG0902: What is recorded can go to another thread.
//!
//! A worker runs many sagas on few threads, and an attempt may end on another than it began on. `Rc` counts its owners
//! without a lock, and so cannot go along; `Arc` can.

use saga::prelude::*;

use std::rc::Rc;

#[step(readonly)]
async fn count(seats: Rc<Vec<u64>>) -> Result<usize, Failure> {
    Ok(seats.len())
}

fn main() {}
