use saga::prelude::*;

#[step(readonly, probe = find(amount))]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
