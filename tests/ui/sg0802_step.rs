//! SG0802: In an `undoable` saga no step is irreversible.
//!
//! `#[saga(undoable)]` promises that the whole saga can be taken back, by an operator after its end, and by a saga that
//! calls it. One irreversible step breaks that promise. Either the step gets a compensation (a refund is one), or the saga
//! does not promise it, and counts as an irreversible step of each saga that calls it.

use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga(undoable)]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(charge(seat).await?)
}

fn main() {}
