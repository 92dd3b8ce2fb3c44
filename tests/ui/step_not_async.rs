use saga::prelude::*;

#[step(readonly)]
fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
