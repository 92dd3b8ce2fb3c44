use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: std::collections::BTreeMap<u64, u64>) -> Result<u64, Failure> {
    let mut sum = items.len() as u64;
    for (item, count) in &items {
        sum += price(*item).await? * count;
    }
    Ok(sum)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip([(1, 1), (2, 2)].into())).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
