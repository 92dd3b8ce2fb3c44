use saga::prelude::*;

#[step(readonly)]
async fn read(path: String) -> Result<u64, saga::Failure> {
    let text = std::fs::read(path).transient()?;
    Ok(text.len() as u64)
}

#[saga]
async fn order() -> Result<u64, Failure> {
    let bytes = read("/dev/null".to_owned()).await?;
    Ok(bytes)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order()).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(0));
    });
}
