//! SG0902: What a step gives.

use saga::prelude::*;

use std::rc::Rc;

#[step(readonly)]
async fn seats(of: u64) -> Result<Rc<u64>, Failure> {
    Ok(Rc::new(of))
}

fn main() {}
