use saga::prelude::*;

#[step(irreversible)]
async fn charge(_key: &IdempotencyKey, amount: u64) -> Result<u64, Failure> {
    Ok(amount)
}

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    approve("Charge the card?").within("1s").await?;
    let paid = charge(item).await?;
    Ok(paid)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
        let handle = runtime.run("order-1", order(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), None);
    });
}
