use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn book(runtime: &Runtime) -> Result<u64, Box<dyn std::error::Error>> {
    let outcome = runtime.run("trip-1", trip(7)).await?.outcome().await?;
    Ok(outcome.completed().ok_or("it was rolled back")?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        assert_eq!(book(&runtime).await.unwrap(), 7);
    });
}
