use saga::prelude::*;

#[step(compensate = refund(output))]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[step(retriable, idempotent)]
async fn refund(_amount: u64) -> Result<(), Failure> {
    Ok(())
}

async fn pay(session: &saga::Session) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(session.call(charge(20)).await?)
}

fn main() {
    let _ = pay;
}
