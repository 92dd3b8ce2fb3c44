use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(names: Vec<String>) -> Result<u64, Failure> {
    Ok(look(names.len() as u64).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(vec!["Ada".into()])).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(1));
    });
}
