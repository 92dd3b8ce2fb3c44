use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "2m", retry(attempts = 3, within = "1m"))]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
