use saga::prelude::*;

#[step(compensate = release(output), idempotent, crate = ::saga)]
async fn hold(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    Ok(hold(item).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
