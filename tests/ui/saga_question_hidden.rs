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

macro_rules! ensure {
    ($so:expr) => {
        if !$so {
            return Err(Failure::permanent("not so"));
        }
    };
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, Failure> {
    ensure!(items.len() > 1);
    Ok(hold(items.len() as u64).await?)
}

fn main() {}
