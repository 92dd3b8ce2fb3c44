use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(seat: u32) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

#[saga]
async fn evening(seat: u32) -> Result<u32, Failure> {
    let seat = hold(seat).await?;
    approve("Shall we go?").within("2h").await?;
    Ok(seat)
}

async fn stop(handle: &Handle<evening>, by: By) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(done) = handle.completed().await? {
        done.undo(by).await?;
    }
    Ok(())
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<evening>().start().await.unwrap();
        let handle = runtime.run("a", evening(7)).await.unwrap();
        while handle.approve(By::new("bob", "yes")).await.is_err() {
            tokio::task::yield_now().await;
        }
        assert!(handle.outcome().await.unwrap().is_completed());
        stop(&handle, By::new("ann", "she has changed her mind")).await.unwrap();
        while handle.completed().await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(handle.look().await.unwrap().undone(), saga::outcome::Undone::Whole);
    });
}
