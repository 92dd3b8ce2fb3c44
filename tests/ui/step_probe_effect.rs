use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn find(amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(amount))
}

#[step(irreversible, idempotent, probe = find(amount))]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

fn main() {}
