use saga::prelude::*;
use std::collections::BTreeMap;

type Items = BTreeMap<u64, u64>;

#[step(readonly)]
async fn items(order: u64) -> Result<Items, Failure> {
    Ok([(order, 1)].into())
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(order: u64) -> Result<u64, Failure> {
    let items = items(order).await?;
    let mut sum = 0;
    for (item, count) in items {
        sum += price(item).await? * count;
    }
    Ok(sum)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
