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
    let mut sum = 0;
    #[bound(3)]
    while sum < 3 {
        sum += 1;
    }
    Ok(hold(items.len() as u64 + sum).await?)
}

fn main() {}
