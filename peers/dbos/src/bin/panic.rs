//! A step panics: the hotel is booked, and then its answer cannot be parsed.

use std::time::Duration;

use dbos::step;
use harness::{Error, Life, Story};
use peer_dbos::{TripError, end};

/// The rollback is code of the workflow; what failed is not undone in it.
async fn trip(life: Life) -> dbos::Result<(), TripError> {
    let world = &life.world;
    step("book_flight", async || Ok::<_, dbos::Error<TripError>>(world.book("flight"))).await?;
    let book_hotel = async || -> dbos::Result<(), TripError> {
        world.book("hotel");
        panic!("what is this answer?");
    };
    if let Err(error) = step("book_hotel", book_hotel).await {
        step("cancel_flight", async || Ok::<_, dbos::Error<TripError>>(world.cancel("flight"))).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("panic", "a step panics; 5 s later the process is started again");
    peer_dbos::main(&[story], async |life, engine| {
        let of = life.clone();
        let trip = engine.register_workflow("trip", move |(): ()| trip(of.clone()))?;
        engine.launch().await?;
        life.says("DBOS", end(&life, &engine, &trip, Duration::from_secs(5)).await?);
        engine.shutdown().await;
        Ok(())
    })
}
