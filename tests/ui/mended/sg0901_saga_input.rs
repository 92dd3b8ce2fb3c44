use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Trip {
    seats: u64,
}

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Failure> {
    Ok(seats)
}

#[saga]
async fn book(trip: Trip) -> Result<u64, Failure> {
    Ok(look(trip.seats).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<book>().start().await.unwrap();
        let handle = runtime.run("a", book(Trip { seats: 7 })).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
