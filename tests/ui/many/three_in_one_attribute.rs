//! Three mistakes in the words of one step are three reports, at once.

use saga::prelude::*;

#[step(irreversible, idempotnet, timeout = "10 parsecs", retry(attempts = 0))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
