//! SG0102: A step with an effect says why a repeat is harmless.
//!
//! A process can die after a step's effect and before its record. Then nobody knows whether it happened, and the
//! step is run again. That does no harm if the service recognizes the repeat by an idempotency key, or if doing it
//! twice is as doing it once. If neither is so, `in_doubt = dead_letter` says that a person decides.

use saga::prelude::*;

#[step(irreversible)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
