use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Hold {
    id: u64,
}

#[step(compensate = release(output.id), idempotent)]
async fn hold(seats: u64) -> Result<Hold, Failure> {
    Ok(Hold { id: seats })
}

#[step(retriable, idempotent)]
async fn release(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

#[saga]
async fn trip(seats: u64) -> Result<u64, Failure> {
    let held = hold(seats).await?;
    Ok(held.id)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("a", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
