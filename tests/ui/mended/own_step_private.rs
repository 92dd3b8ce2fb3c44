use saga::prelude::*;

mod prices {
    use saga::prelude::*;

    #[step(readonly)]
    pub(crate) async fn price(item: u64) -> Result<u64, Failure> {
        Ok(item)
    }
}

#[saga]
async fn trip(item: u64) -> Result<u64, Failure> {
    Ok(prices::price(item).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
