use saga::prelude::*;

#[step(irreversible, in_doubt = rerun)]
async fn pay(amount: u64) -> Result<(), Failure> {
    let _ = amount;
    Ok(())
}

fn main() {}
