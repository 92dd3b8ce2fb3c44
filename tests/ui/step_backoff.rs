use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 3, backoff = "5s..1s"))]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
