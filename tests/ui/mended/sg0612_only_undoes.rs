use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn tell(what: u64) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    tell(items).await;
    Ok(items)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
