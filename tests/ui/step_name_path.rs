use saga::prelude::*;

#[step(readonly, name = "pay/card")]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
