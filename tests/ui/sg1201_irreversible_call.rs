//! SG1201: A session calls what it can undo.
//!
//! A session that is not committed is rolled back: by its agent, its time, or because it is not called any more. A step
//! that nothing undoes would stay.

use saga::prelude::*;

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

async fn pay(session: &saga::Session) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(session.call(charge(20)).await?)
}

fn main() {
    let _ = pay;
}
