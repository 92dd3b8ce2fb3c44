use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    let paid = charge(seat).await?;
    let shown: u32 = paid.to_string().parse().unwrap_or(paid);
    Ok(shown)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
