use saga::prelude::*;

#[step(readonly)]
async fn parse(text: String) -> Result<u64, saga::Failure> {
    let price: u64 = text.parse().permanent()?;
    Ok(price)
}

#[saga]
async fn order() -> Result<u64, Failure> {
    let price = parse("3".to_owned()).await?;
    Ok(price)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order()).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
