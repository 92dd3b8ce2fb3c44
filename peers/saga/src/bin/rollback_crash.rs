//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

use harness::{Error, Life, Story};
use saga::SqliteStore;
use saga::prelude::*;

#[step(idempotent, compensate = cancel_flight())]
async fn book_flight(life: &Life) -> Result<(), Failure> {
    life.world.book("flight");
    Ok(())
}

#[step(idempotent, retriable)]
async fn cancel_flight(life: &Life) -> Result<(), Failure> {
    life.die_if_first();
    life.world.cancel("flight");
    Ok(())
}

#[step(idempotent, compensate = cancel_hotel())]
async fn book_hotel(life: &Life) -> Result<(), Failure> {
    life.world.book("hotel");
    Ok(())
}

#[step(idempotent, retriable)]
async fn cancel_hotel(life: &Life) -> Result<(), Failure> {
    life.world.cancel("hotel");
    Ok(())
}

#[step(idempotent, irreversible)]
async fn pay(life: &Life) -> Result<(), Failure> {
    if life.number == 1 {
        life.world.refuse("payment");
        return Err(Failure::permanent("the card is declined"));
    }
    life.world.book("payment");
    Ok(())
}

#[saga]
async fn trip() -> Result<(), Failure> {
    book_flight().await?;
    book_hotel().await?;
    pay().await?;
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    harness::life::main("saga", &[story], async |life| {
        let store = SqliteStore::open(life.folder.join("saga.db"))?;
        let runtime = Runtime::builder(store).resource(life.clone()).saga::<trip>().start().await?;
        let handle = runtime.run("trip-1", trip()).await?;
        life.says("saga", handle.outcome().await?);
        runtime.shutdown().await;
        Ok(())
    })
}
