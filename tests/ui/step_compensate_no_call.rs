use saga::prelude::*;

#[step(compensate = |output| refund(output), idempotent)]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
