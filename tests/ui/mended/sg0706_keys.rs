use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: std::collections::HashMap<u64, u64>) -> Result<u64, Failure> {
    let mut keys: Vec<u64> = items.into_keys().collect();
    keys.sort();
    let prices = all(keys.iter().map(|item| price(*item))).await?;
    Ok(prices.iter().sum())
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip([(1, 1), (2, 2)].into())).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
