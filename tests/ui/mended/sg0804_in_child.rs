use saga::prelude::*;


#[step(compensate = release(output), undo_within = "48h", idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(_seat: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga(undoable)]
async fn order(seat: u32) -> Result<u32, Failure> {
    Ok(hold(seat).await?)
}

#[saga(deadline = "24h")]
async fn trip(seat: u32) -> Result<u32, Failure> {
    Ok(order(seat).await?)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(3)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
    });
}
