use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, Failure> {
    Ok(at)
}

#[saga]
async fn trip(place: (u64, u64)) -> Result<u64, Failure> {
    let (row, seat) = place;
    Ok(look(row * 100 + seat).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip((3, 7))).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(307));
    });
}
