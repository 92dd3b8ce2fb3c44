use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    if seat > 100 {
        return Err(Failure::permanent("too dear"));
    }
    let paid = charge(seat).await?;
    Ok(paid)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
