use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn pay(amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(amount: u64) -> Result<u64, Failure> {
    let paid = pay(amount).await?;
    Ok(paid)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
