//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. The hotel has a probe.

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

#[step(idempotent, timeout = "300ms", compensate = cancel_hotel(), probe = find_hotel())]
async fn book_hotel(life: &Life) -> Result<(), Failure> {
    if life.case == "landed" {
        life.world.book("hotel");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(())
}

#[step(idempotent, retriable)]
async fn cancel_hotel(life: &Life) -> Result<(), Failure> {
    life.world.cancel("hotel");
    Ok(())
}

#[step(readonly)]
async fn find_hotel(life: &Life) -> Result<Probe<()>, Failure> {
    let is_booked = life.world.count("hotel", "booked") > life.world.count("hotel", "cancelled");
    Ok(if is_booked { Probe::Happened(()) } else { Probe::NotHappened })
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
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    harness::life::main("saga", &[landed, lost], async |life| {
        let store = SqliteStore::open(life.folder.join("saga.db"))?;
        let runtime = Runtime::builder(store).resource(life.clone()).saga::<trip>().start().await?;
        let handle = runtime.run("trip-1", trip()).await?;
        life.says("saga", handle.outcome().await?);
        runtime.shutdown().await;
        Ok(())
    })
}
