//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost.

use std::time::Duration;

use dbos::{StepOptions, step, step_with};
use harness::{Error, Life, Story};
use peer_dbos::{TripError, end};

/// The rollback is code of the workflow; what failed is not undone in it.
async fn trip(life: Life) -> dbos::Result<(), TripError> {
    let world = &life.world;
    step("book_flight", async || Ok::<_, dbos::Error<TripError>>(world.book("flight"))).await?;
    let limit = StepOptions { timeout: Some(Duration::from_millis(300)), ..StepOptions::default() };
    let book_hotel = async || {
        if life.case == "landed" {
            world.book("hotel");
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok::<_, dbos::Error<TripError>>(())
    };
    if let Err(error) = step_with("book_hotel", limit, book_hotel).await {
        step("cancel_flight", async || Ok::<_, dbos::Error<TripError>>(world.cancel("flight"))).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    peer_dbos::main(&[landed, lost], async |life, engine| {
        let of = life.clone();
        let trip = engine.register_workflow("trip", move |(): ()| trip(of.clone()))?;
        engine.launch().await?;
        life.says("DBOS", end(&life, &engine, &trip, Duration::from_secs(20)).await?);
        engine.shutdown().await;
        Ok(())
    })
}
