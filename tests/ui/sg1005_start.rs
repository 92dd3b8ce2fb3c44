//! SG1005: A runtime is started before it runs anything.
//!
//! A `Builder` gets the sagas and their resources. `start` finds what is missing, such as a step's client, before anything runs.

use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn begin() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::builder(MemoryStore::new()).saga::<order>();
    runtime.run("order-1", order(3)).await?;
    Ok(())
}

fn main() {}
