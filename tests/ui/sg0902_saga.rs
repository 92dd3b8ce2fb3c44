//! SG0902: What a saga is called with.

use saga::prelude::*;

use std::rc::Rc;

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn trip(seats: Rc<u64>) -> Result<u64, Failure> {
    Ok(look(*seats).await?)
}

fn main() {}
