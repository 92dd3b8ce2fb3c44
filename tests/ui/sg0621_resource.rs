//! SG0621: A resource that is handed over.

use saga::prelude::*;

struct Client;

#[step(readonly)]
async fn price(client: &Client, item: u64) -> Result<u64, Failure> {
    let _ = client;
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let client = Client;
    Ok(price(&client, items).await?)
}

fn main() {}
