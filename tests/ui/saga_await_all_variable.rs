use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, Failure> {
    let calls: Vec<_> = items.into_iter().map(hold).collect();
    let held = all(calls).await?;
    Ok(held.len() as u64)
}

fn main() {}
