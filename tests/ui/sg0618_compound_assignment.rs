//! SG0618: Only one side of an assignment awaits.
//!
//! Which side of `+=` comes first depends on the types of the two, and a journal is read in one order. What is awaited on the
//! right goes before it, into a variable.
//!
//! Which side of `+=` comes first depends on the types of the two, and a journal is read in one order. What is awaited on the
//! right goes before it, into a variable.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[step(readonly)]
async fn look(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let mut sums = vec![0; 4];
    sums[look(seat).await? as usize] += charge(seat).await?;
    Ok(sums[3])
}

fn main() {}
