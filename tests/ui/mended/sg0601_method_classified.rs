use saga::prelude::*;

struct Client;

impl Client {
    async fn ask(&self, item: u64) -> Result<u64, std::io::Error> {
        Ok(item)
    }
}

#[step(readonly)]
async fn ask(client: &Client, item: u64) -> Result<u64, Failure> {
    Ok(client.ask(item).await.transient()?)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    Ok(ask(items).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).resource(Client).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
