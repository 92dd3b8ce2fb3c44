//! A mistyped name of an undo. A step is a closure with a label, so a wrong label has no effect at first. When it is
//! corrected while a saga runs, that saga no longer matches, which is detected.

use std::time::Duration;

use dbos::step;
use harness::{Error, Life, Story};
use peer_dbos::{TripError, end};

/// The rollback is code of the workflow.
async fn trip(life: Life) -> dbos::Result<(), TripError> {
    let world = &life.world;
    step("book_flight", async || Ok::<_, dbos::Error<TripError>>(world.book("flight"))).await?;
    let label = if life.number == 1 { "book_hotell" } else { "book_hotel" };
    let book_hotel = async || -> dbos::Result<(), TripError> {
        world.refuse("hotel");
        Err(TripError::Full)?
    };
    if let Err(error) = step(label, book_hotel).await {
        println!("    the step gives: {error}");
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
    let story = Story::two("name", "the label of a step is mistyped, and put right after a crash");
    peer_dbos::main(&[story], async |life, engine| {
        let of = life.clone();
        let trip = engine.register_workflow("trip", move |(): ()| trip(of.clone()))?;
        engine.launch().await?;
        life.says("DBOS", end(&life, &engine, &trip, Duration::from_secs(20)).await?);
        engine.shutdown().await;
        Ok(())
    })
}
