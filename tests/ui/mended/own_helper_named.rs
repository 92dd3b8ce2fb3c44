use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

fn quoted(item: u64) -> u64 {
    item + 2
}

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    Ok(price(quoted(item - 2)).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
