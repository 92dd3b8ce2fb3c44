//! SG0215: A step or a saga takes at most 16 recorded parameters.
//!
//! The parameters are recorded as an object with their names, one by one. So many of them belong together, and are
//! a type of their own, with a name that says what they are.

use saga::prelude::*;

#[step(readonly)]
#[allow(clippy::too_many_arguments)]
async fn look(
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
    f: u64,
    g: u64,
    h: u64,
    i: u64,
    j: u64,
    k: u64,
    l: u64,
    m: u64,
    n: u64,
    o: u64,
    p: u64,
    q: u64,
) -> Result<u64, Failure> {
    Ok(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q)
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, at).await?)
}

fn main() {}
