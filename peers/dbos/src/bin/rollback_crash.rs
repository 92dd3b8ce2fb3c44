//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

use std::time::Duration;

use dbos::step;
use harness::{Error, Life, Story};
use peer_dbos::{TripError, end};

/// The rollback is code of the workflow.
async fn trip(life: Life) -> dbos::Result<(), TripError> {
    let world = &life.world;
    step("book_flight", async || Ok::<_, dbos::Error<TripError>>(world.book("flight"))).await?;
    step("book_hotel", async || Ok::<_, dbos::Error<TripError>>(world.book("hotel"))).await?;
    let pay = async || {
        if life.number == 1 {
            world.refuse("payment");
            Err(TripError::Declined)?;
        }
        world.book("payment");
        Ok(())
    };
    if let Err(error) = step("pay", pay).await {
        step("cancel_hotel", async || Ok::<_, dbos::Error<TripError>>(world.cancel("hotel"))).await?;
        let cancel_flight = async || {
            life.die_if_first();
            Ok::<_, dbos::Error<TripError>>(world.cancel("flight"))
        };
        step("cancel_flight", cancel_flight).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("crash", "a crash in the middle of a rollback");
    peer_dbos::main(&[story], async |life, engine| {
        let of = life.clone();
        let trip = engine.register_workflow("trip", move |(): ()| trip(of.clone()))?;
        engine.launch().await?;
        life.says("DBOS", end(&life, &engine, &trip, Duration::from_secs(30)).await?);
        engine.shutdown().await;
        Ok(())
    })
}
