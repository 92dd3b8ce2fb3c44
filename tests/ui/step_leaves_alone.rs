use saga::prelude::*;

#[step(irreversible, idempotent, leaves = "a fee")]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
