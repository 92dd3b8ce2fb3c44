use saga::prelude::*;

#[step(retriable, idempotent)]
async fn refund(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

#[step(compensate = refund(output), idempotent)]
async fn pay(output: u64) -> Result<u64, Failure> {
    Ok(output)
}

fn main() {}
