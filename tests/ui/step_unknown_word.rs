use saga::prelude::*;

#[step(irreversible, idempotnet)]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
