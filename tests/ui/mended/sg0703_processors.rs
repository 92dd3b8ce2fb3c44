use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn processors() -> Result<u64, Failure> {
    Ok(std::thread::available_parallelism().map_or(1, |many| many.get() as u64))
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let many = processors().await?;
    Ok(price(items + many).await? - many)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
