use saga::prelude::*;

#[step(readonly)]
async fn look(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

mod hotel {
    use saga::prelude::*;

    #[step(readonly, name = "look_at_hotel")]
    pub async fn look(seat: u32) -> Result<u32, Failure> {
        Ok(seat)
    }
}

#[saga]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(look(seat).await?.max(hotel::look(seat).await?))
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
