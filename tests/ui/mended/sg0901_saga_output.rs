use saga::prelude::*;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Held {
    seats: u64,
}

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn trip(seats: u64) -> Result<Held, Failure> {
    let seats = look(seats).await?;
    Ok(Held { seats })
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("a", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(Held { seats: 7 }));
    });
}
