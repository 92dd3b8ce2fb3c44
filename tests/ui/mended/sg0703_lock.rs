use saga::prelude::*;
use std::sync::Mutex;

static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn seen() -> Result<u64, Failure> {
    Ok(SEEN.lock().unwrap().len() as u64)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let seen = seen().await?;
    Ok(price(items + seen).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
