use saga::prelude::*;

#[step(compensate = release(output), retry(attempts = 3))]
async fn reserve(_key: &IdempotencyKey, item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(_item: u64) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let held = reserve(item).await?;
    Ok(held)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
