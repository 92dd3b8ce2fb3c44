//! A user cancels while the hotel's call is in flight: it is booked a moment later. In a second case the user cancels
//! twice.

use std::time::Duration;

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
    life.world.cancel("flight");
    Ok(())
}

#[step(idempotent, compensate = cancel_hotel())]
async fn book_hotel(life: &Life) -> Result<(), Failure> {
    tokio::time::sleep(Duration::from_millis(600)).await;
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
    let once = Story::one("once", "cancelled in the middle of a step");
    let twice = Story::one("twice", "cancelled in the middle of a step, and again");
    harness::life::main("saga", &[once, twice], async |life| {
        let store = SqliteStore::open(life.folder.join("saga.db"))?;
        let runtime = Runtime::builder(store).resource(life.clone()).saga::<trip>().start().await?;
        let handle = runtime.run("trip-1", trip()).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let by = || By::new("Ann", "she stays at home");
        let cancelled = handle.cancel(by()).await?;
        println!("    cancel gives: {:?}", cancelled.receipt());
        if life.case == "twice" {
            tokio::time::sleep(Duration::from_millis(100)).await;
            handle.cancel(by()).await?;
        }
        life.says("saga", handle.outcome().await?);
        runtime.shutdown().await;
        Ok(())
    })
}
