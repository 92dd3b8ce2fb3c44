//! A saga that is handed to the builder as a value.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(price(items).await?)
}

async fn begin() -> Result<Runtime, Box<dyn std::error::Error>> {
    Ok(Runtime::builder(MemoryStore::new()).saga(trip).start().await?)
}

fn main() {}
