use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize, SagaError)]
enum TripError {
    #[error("no price")]
    NoPrice(#[source] StepFailure<Failure>),
}

#[saga]
async fn trip(items: u64) -> Result<u64, TripError> {
    let agreed = signal::<u64>("price").within("2h").await;
    Ok(price(agreed.unwrap_or(items)).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
