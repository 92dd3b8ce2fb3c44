//! A step panics: the hotel is booked, and then its answer cannot be parsed. One hotel has a probe, the other does not.

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

#[step(idempotent, compensate = cancel_hotel(), probe = find_hotel())]
async fn book_hotel(life: &Life) -> Result<(), Failure> {
    life.world.book("hotel");
    panic!("what is this answer?");
}

/// The same for a hotel without a probe, where a repeat does harm: the saga is dead-lettered.
#[step(in_doubt = dead_letter, compensate = cancel_hotel())]
async fn book_deaf_hotel(life: &Life) -> Result<(), Failure> {
    life.world.book("hotel");
    panic!("what is this answer?");
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

#[saga]
async fn trip(is_deaf: bool) -> Result<(), Failure> {
    book_flight().await?;
    if is_deaf {
        book_deaf_hotel().await?;
    } else {
        book_hotel().await?;
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let asked = Story::one("asked", "a step panics, and the hotel can be asked");
    let deaf = Story::one("deaf", "a step panics, and the hotel cannot be asked");
    harness::life::main("saga", &[asked, deaf], async |life| {
        let is_deaf = life.case == "deaf";
        let store = SqliteStore::open(life.folder.join("saga.db"))?;
        let runtime = Runtime::builder(store).resource(life.clone()).saga::<trip>().start().await?;
        let handle = runtime.run("trip-1", trip(is_deaf)).await?;
        life.says("saga", handle.outcome().await?);
        runtime.shutdown().await;
        Ok(())
    })
}
