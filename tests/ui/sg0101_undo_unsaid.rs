//! SG0101: A step says how it is undone.
//!
//! When a later step of a saga fails, all that was done before is undone, the last first. So each step says how:
//! `compensate = …` names the step that takes its effect back, `irreversible` says that nothing does, and
//! `readonly` that there is no effect. A step that only undoes others says `retriable` instead, and stands nowhere
//! else.

use saga::prelude::*;

#[step(idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
