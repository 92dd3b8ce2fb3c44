use saga::prelude::*;

#[step(irreversible, idempotent, in_doubt = deadletter)]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
