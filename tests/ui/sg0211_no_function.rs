//! SG0211: `#[step]` and `#[saga]` stand on a function.
//!
//! They make something of a function: its parameters become the recorded input, and its body what is run.

use saga::prelude::*;

#[step(readonly)]
struct Look {
    at: u64,
}

fn main() {}
