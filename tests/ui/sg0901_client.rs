//! SG0901: A client is no value.

use saga::prelude::*;

struct Client;

impl Client {
    async fn find(&self, item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[step(readonly)]
async fn find(client: Client, item: u64) -> Result<u64, Failure> {
    client.find(item).await
}

fn main() {}
