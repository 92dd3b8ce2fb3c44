//! SG0601: A method of a client is no step.

use saga::prelude::*;

struct Client;

impl Client {
    async fn price(&self, item: u64) -> u64 {
        item
    }
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let client = Client;
    Ok(client.price(items).await)
}

fn main() {}
