use saga::prelude::*;

use std::sync::Arc;

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn trip(seats: Arc<u64>) -> Result<u64, Failure> {
    Ok(look(*seats).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("a", trip(Arc::new(7))).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
