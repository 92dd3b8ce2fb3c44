use saga::prelude::*;

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    let wanted: bool = approve("Charge?").await.is_ok();
    Ok(if wanted { item } else { 0 })
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        runtime.run("trip-1", trip(7)).await.unwrap();
    });
}
