//! SG0601: Nor is a function of a type.

use saga::prelude::*;

struct Client;

impl Client {
    async fn price(&self, item: u64) -> u64 {
        item
    }
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(Client::price(&Client, items).await)
}

fn main() {}
