//! SG1007: A secret is no text.
//!
//! A `Redacted` shows `[redacted]` wherever it is shown. A bank that is handed that text declines it, at best. `.expose()` gives the
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
