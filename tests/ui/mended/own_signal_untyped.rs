use saga::prelude::*;

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    let _paid = signal::<bool>("paid").await;
    Ok(item)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        runtime.run("trip-1", trip(7)).await.unwrap();
    });
}
