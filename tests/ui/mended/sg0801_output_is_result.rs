use saga::prelude::*;

#[step(irreversible, retriable)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<Result<u64, Failure>, Failure> {
    Ok(Ok(amount))
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let paid = charge(item).await;
    Ok(paid.unwrap_or(0))
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
