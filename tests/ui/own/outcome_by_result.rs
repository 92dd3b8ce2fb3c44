//! An `Outcome` that is taken apart like a `Result`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

async fn show(handle: Handle<trip>) {
    match handle.outcome().await.unwrap() {
        Ok(price) => println!("{price}"),
        _ => println!("no trip"),
    }
}

fn main() {}
