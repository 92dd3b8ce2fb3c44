//! SG0203: Nor in an implementation of a trait.

use saga::prelude::*;

struct Bank;

impl Bank {
    #[step(irreversible, idempotent)]
    async fn pay<'a>(&'a self, amount: &'a str) -> u64 {
        amount.len() as u64
    }
}

fn main() {}
