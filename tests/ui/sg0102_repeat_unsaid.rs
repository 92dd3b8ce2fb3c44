//! SG0102: A step with an effect says why a repeat is harmless.
//!
//! A process can die after a step's effect and before its record. Then it is not known whether the effect happened,
//! and the step is run again. That is harmless if the service recognizes the repeat by an idempotency key, or if two
//! calls have the same effect as one. If neither holds, `in_doubt = dead_letter` lets a person decide.

use saga::prelude::*;

#[step(irreversible)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
