//! SG0601: One that says what its error means.

use saga::prelude::*;

struct Client;

impl Client {
    async fn ask(&self, item: u64) -> Result<u64, std::io::Error> {
        Ok(item)
    }
}


#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let client = Client;
    Ok(client.ask(items).await.transient()?)
}

fn main() {}
