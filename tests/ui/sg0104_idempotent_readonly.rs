//! SG0104: A readonly step says nothing about repeats and doubt.
//!
//! A step without effect can always be run again: it is never in doubt, and a repeat of it is harmless. An option
//! about either shows that its author expected an effect.

use saga::prelude::*;

#[step(readonly, idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
