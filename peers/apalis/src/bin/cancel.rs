//! A user cancels while the hotel's call is in flight. A running task is cancelled through its context, in the process
//! that runs it, so the context must be kept.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis::prelude::*;
use apalis_core::task::context::TaskContext;
use apalis_workflow::SteppedFlow;
use harness::{Error, Life, Story};
use peer_apalis::{Trip, begin, rows, settle, storage};

/// The context of the hotel's task, while it runs.
type Running = Arc<Mutex<Option<TaskContext>>>;

async fn book_flight(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("flight");
    Ok(trip)
}

async fn book_hotel(
    trip: Trip,
    life: Data<Life>,
    running: Data<Running>,
    cx: TaskContext,
) -> Result<Trip, BoxDynError> {
    *running.lock().expect("nobody panics with it") = Some(cx);
    tokio::time::sleep(Duration::from_millis(600)).await;
    life.world.book("hotel");
    Ok(trip)
}

async fn pay(_trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    life.world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step");
    harness::life::main("apalis-workflow", &[story], async |life| {
        let storage = storage(&life).await?;
        begin(&life, &storage).await?;
        let running = Running::default();
        let trip = SteppedFlow::new("trip").and_then(book_flight).and_then(book_hotel).and_then(pay);
        let worker = WorkerBuilder::new("worker")
            .backend(storage.clone())
            .data(life.clone())
            .data(running.clone())
            .build(trip);
        tokio::spawn(worker.run());
        while running.lock().expect("nobody panics with it").is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        if let Some(cx) = running.lock().expect("nobody panics with it").take() {
            cx.cancel()?;
        }
        settle(&storage, Duration::from_secs(4)).await?;
        life.says("apalis", rows(&storage).await?);
        Ok(())
    })
}
