use saga::prelude::*;

#[saga]
async fn later() -> Result<(), Failure> {
    sleep("2h").await;
    Ok(())
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<later>().start().await.unwrap();
        let handle = runtime.run("later-1", later()).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(()));
    });
}
