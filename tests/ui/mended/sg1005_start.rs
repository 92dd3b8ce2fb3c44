use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

async fn begin() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await?;
    runtime.run("order-1", order(3)).await?;
    Ok(())
}

fn main() {
    saga::test::in_virtual_time(async {
        begin().await.unwrap();
    });
}
