use saga::prelude::*;

#[step(irreversible)]
async fn approve_order(_key: &IdempotencyKey, order: u64) -> Result<u64, Failure> {
    Ok(order)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let approved = approve_order(item).await?;
    Ok(approved)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
