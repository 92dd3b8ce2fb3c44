use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, Failure> {
    let seen = items.iter().map(|item| item % 10).collect::<std::collections::BTreeSet<u64>>();
    let first = seen.iter().next().copied().unwrap_or_default();
    Ok(price(first).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(vec![13, 3, 14])).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
