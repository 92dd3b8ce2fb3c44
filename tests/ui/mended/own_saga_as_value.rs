use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn start() -> Result<Runtime, saga::StartError> {
    Runtime::builder(MemoryStore::new()).saga::<trip>().start().await
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
