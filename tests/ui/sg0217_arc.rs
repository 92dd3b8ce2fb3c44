//! SG0217: What is shared is taken by reference.
//!
//! A parameter by value is recorded. A client is not: the runtime has it, and lends it to each attempt.

use saga::prelude::*;

struct Client;

impl Client {
    async fn find(&self, item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[step(readonly)]
async fn find(client: std::sync::Arc<Client>, item: u64) -> Result<u64, Failure> {
    client.find(item).await
}

fn main() {}
