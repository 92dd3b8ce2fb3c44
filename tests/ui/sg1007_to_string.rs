//! SG1007: A secret is not text.
//!
//! A `Redacted` is shown as `[redacted]` everywhere. A bank that gets that text declines it, at best. `.expose()` gives the
//! secret itself, in the one place that it is for.

use saga::prelude::*;

struct Bank;

impl Bank {
    fn pay(&self, card: &str) -> u64 {
        card.len() as u64
    }
}

#[step(irreversible)]
async fn pay(bank: &Bank, key: &IdempotencyKey, card: Redacted<String>) -> Result<u64, Failure> {
    let _ = key;
    Ok(bank.pay(&card.to_string()))
}

fn main() {}
