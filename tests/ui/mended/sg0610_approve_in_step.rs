use saga::prelude::*;

#[step(readonly)]
async fn ask(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    let asked = ask(item).await?;
    if asked > 3 {
        approve("May I?").await?;
    }
    Ok(asked)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
