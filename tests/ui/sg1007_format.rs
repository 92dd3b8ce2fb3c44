//! SG1007: Nor in a format.

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
    Ok(bank.pay(&format!("card={card}")))
}

fn main() {}
