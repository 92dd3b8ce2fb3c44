use saga::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u64,
}

#[step(readonly)]
async fn check(order: Order) -> Result<u64, Failure> {
    Ok(order.id)
}

#[saga]
async fn order(order: Order) -> Result<u64, Failure> {
    let id = check(order).await?;
    Ok(id)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(Order { id: 3 })).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
