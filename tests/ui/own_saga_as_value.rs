//! own: A saga is handed to the builder as a value.
//!
//! `.saga::<trip>()`

use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn start() -> Result<Runtime, saga::StartError> {
    Runtime::builder(MemoryStore::new()).saga(trip).start().await
}

fn main() {}
