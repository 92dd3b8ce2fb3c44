//! SG0108: A misspelt word behind `in_doubt`.

use saga::prelude::*;

#[step(irreversible, in_doubt = deadletter)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
