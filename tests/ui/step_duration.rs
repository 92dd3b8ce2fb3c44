use saga::prelude::*;

#[step(irreversible, idempotent, timeout = "10 parsecs")]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
