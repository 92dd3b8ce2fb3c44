use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let mut item = items;
    #[bound(100)]
    while price(item).await? > 3 {
        item -= 1;
    }
    Ok(item)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(5)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
