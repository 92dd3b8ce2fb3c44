use saga::prelude::*;

#[step(irreversible, retriable, idempotent)]
async fn mail(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let item = price(item).await?;
    on_commit(mail(item)).await;
    Ok(item)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
