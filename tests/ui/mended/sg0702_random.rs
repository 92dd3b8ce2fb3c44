use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn draw(below: u64) -> Result<u64, Failure> {
    // Where `rand::random_range(0..below)` would stand.
    Ok(below - 1)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let lot = draw(items).await?;
    Ok(price(lot).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(2));
    });
}
