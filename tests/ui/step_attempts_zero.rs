use saga::prelude::*;

#[step(irreversible, idempotent, retry(attempts = 0))]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
