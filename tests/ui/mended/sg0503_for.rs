use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    for item in 1..=100 {
        if price(item).await? >= items {
            return Ok(item);
        }
    }
    Err(Failure::permanent("too dear"))
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
