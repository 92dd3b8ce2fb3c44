use saga::prelude::*;

#[saga]
async fn trip(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

async fn book(runtime: &Runtime) -> Result<u64, Box<dyn std::error::Error>> {
    match runtime.run("trip-1", trip(7)).await?.outcome().await? {
        Outcome::Completed { output, .. } => Ok(output),
        _ => Ok(0),
    }
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        assert_eq!(book(&runtime).await.unwrap(), 7);
    });
}
