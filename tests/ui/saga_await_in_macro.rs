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
    println!("{}", hold(1).await?);
    Ok(items.len() as u64)
}

fn main() {}
