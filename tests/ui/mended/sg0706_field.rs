use saga::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Basket {
    items: BTreeMap<u64, u64>,
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn order(basket: Basket) -> Result<u64, Failure> {
    let mut sum = 0;
    for (item, count) in &basket.items {
        sum += price(*item).await? * count;
    }
    Ok(sum)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(Basket { items: [(3, 1)].into() })).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
