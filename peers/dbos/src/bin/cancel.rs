//! A user cancels while the hotel's call is in flight: it is booked a moment later.

use std::time::Duration;

use dbos::step;
use harness::{Error, Life, Story};
use peer_dbos::{TripError, end};

/// The rollback is code of the workflow.
async fn trip(life: Life) -> dbos::Result<(), TripError> {
    let world = &life.world;
    step("book_flight", async || Ok::<_, dbos::Error<TripError>>(world.book("flight"))).await?;
    let book_hotel = async || {
        tokio::time::sleep(Duration::from_millis(600)).await;
        Ok::<_, dbos::Error<TripError>>(world.book("hotel"))
    };
    if let Err(error) = step("book_hotel", book_hotel).await {
        step("cancel_flight", async || Ok::<_, dbos::Error<TripError>>(world.cancel("flight"))).await?;
        return Err(error);
    }
    if let Err(error) = step("pay", async || Ok::<_, dbos::Error<TripError>>(world.book("payment"))).await {
        step("cancel_hotel", async || Ok::<_, dbos::Error<TripError>>(world.cancel("hotel"))).await?;
        step("cancel_flight", async || Ok::<_, dbos::Error<TripError>>(world.cancel("flight"))).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::one("cancel", "cancelled in the middle of a step");
    peer_dbos::main(&[story], async |life, engine| {
        let of = life.clone();
        let trip = engine.register_workflow("trip", move |(): ()| trip(of.clone()))?;
        engine.launch().await?;
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            engine.cancel("trip-cancel").await
        };
        let (end, cancelled) = tokio::join!(end(&life, &engine, &trip, Duration::from_secs(20)), cancel);
        cancelled?;
        life.says("DBOS", end?);
        // Calls in flight end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        engine.shutdown().await;
        Ok(())
    })
}
