use saga::prelude::*;

struct Client;

impl Client {
    async fn find(&self, item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[step(readonly)]
async fn find(client: &Client, item: u64) -> Result<u64, Failure> {
    client.find(item).await
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let found = find(item).await?;
    Ok(found)
}

fn main() {
    saga::test::in_virtual_time(async {
        let client = std::sync::Arc::new(Client);
        let builder = Runtime::builder(MemoryStore::new()).shared_resource(client);
        let runtime = builder.saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
