use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

#[step(compensate = refund(output), idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
