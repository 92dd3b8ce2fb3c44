//! SG0212: A step or a saga is a plain function.
//!
//! It is called by the runtime alone, which cannot promise what an `unsafe fn` asks of its callers, and calls
//! nothing at compile time or from C.

use saga::prelude::*;

#[step(readonly)]
async unsafe fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

fn main() {}
