//! A step panics: the hotel is booked, and then its answer cannot be parsed. One case has the default worker, which the
//! monitor restarts; the other has a worker that catches panics.

use std::time::Duration;

use apalis::layers::WorkerBuilderExt;
use apalis::prelude::*;
use apalis_workflow::SteppedFlow;
use harness::{Error, Life, Story};
use peer_apalis::{Trip, begin, rows, settle, storage};

async fn book_flight(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("flight");
    Ok(trip)
}

async fn book_hotel(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("hotel");
    if life.world.count("hotel", "booked") > 0 {
        panic!("what is this answer?");
    }
    Ok(trip)
}

async fn pay(_trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    life.world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let plain = Story::one("plain", "a step panics; the monitor starts the worker again");
    let caught =
        Story::two("caught", "a step panics, and it is caught; 5 s later the process is started again");
    harness::life::main("apalis-workflow", &[plain, caught], async |life| {
        let storage = storage(&life).await?;
        begin(&life, &storage).await?;
        let flow = || SteppedFlow::new("trip").and_then(book_flight).and_then(book_hotel).and_then(pay);
        let worker = {
            let (storage, life) = (storage.clone(), life.clone());
            move |restarts: usize| {
                WorkerBuilder::new(format!("worker-{}-{restarts}", life.number))
                    .backend(storage.clone())
                    .data(life.clone())
            }
        };
        let monitor = if life.case == "caught" {
            Monitor::new().register(move |restarts| worker(restarts).catch_panic().build(flow()))
        } else {
            Monitor::new().register(move |restarts| worker(restarts).build(flow()))
        };
        tokio::spawn(monitor.should_restart(|_, _| true).run());
        settle(&storage, Duration::from_secs(5)).await?;
        life.says("apalis", rows(&storage).await?);
        Ok(())
    })
}
