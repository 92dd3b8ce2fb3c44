use saga::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

static ASKED: AtomicU64 = AtomicU64::new(0);

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn ask() -> Result<u64, Failure> {
    Ok(ASKED.load(Ordering::Relaxed))
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let asked = ask().await?;
    Ok(price(items + asked).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
