use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

#[step(irreversible, retriable, idempotent)]
async fn pay(_amount: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    for part in 0..seat {
        pay(part).await;
    }
    Ok(seat)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
