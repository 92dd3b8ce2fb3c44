use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Seats {
    taken: Vec<u64>,
}

#[step(readonly)]
async fn look(seats: Seats) -> Result<u64, Failure> {
    Ok(seats.taken.iter().sum())
}

#[saga]
async fn trip(at: u64) -> Result<u64, Failure> {
    Ok(look(Seats { taken: (1..=16).chain([at]).collect() }).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(17)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(153));
    });
}
