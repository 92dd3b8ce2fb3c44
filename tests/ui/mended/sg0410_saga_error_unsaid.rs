use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, SagaError)]
enum TripError {
    #[error("not seen")]
    Look(StepFailure<Failure>),
}

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(at: u64) -> Result<u64, TripError> {
    Ok(look(at).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
