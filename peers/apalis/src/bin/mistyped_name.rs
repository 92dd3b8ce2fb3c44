//! A mistyped name. Steps are functions with matching types, so a wrong one does not compile. A queue is named by text.

use std::time::Duration;

use apalis::prelude::*;
use apalis_sqlite::Config;
use apalis_workflow::{SteppedFlow, WorkflowSink};
use harness::{Error, Life, Story};
use peer_apalis::{Trip, rows, settle, storage};

async fn book_flight(_trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    life.world.book("flight");
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "the name of a queue is mistyped");
    harness::life::main("apalis-workflow", &[story], async |life| {
        let storage = storage(&life).await?;
        let mistyped = Config::default().queue("tirps");
        storage.clone().with_config(mistyped).push_start(Trip::default()).await?;
        let trip = SteppedFlow::new("trip").and_then(book_flight);
        let worker = WorkerBuilder::new("worker").backend(storage.clone()).data(life.clone()).build(trip);
        tokio::spawn(worker.run());
        settle(&storage, Duration::from_secs(4)).await?;
        life.says("apalis", rows(&storage).await?);
        Ok(())
    })
}
