//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted. apalis-workflow has no undo. In one case the undo is code of
//! the failing step. In the other, a failure is passed on as a value, and each undo is a step that does nothing after a
//! success.

use std::time::Duration;

use apalis::prelude::*;
use apalis_core::error::AbortError;
use apalis_workflow::SteppedFlow;
use harness::{Error, Life, Story};
use peer_apalis::{Trip, begin, rows, settle, storage};

async fn book_flight(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("flight");
    Ok(trip)
}

async fn book_hotel(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("hotel");
    Ok(trip)
}

fn pay(life: &Life) -> Result<(), String> {
    if life.number == 1 {
        life.world.refuse("payment");
        return Err("the card is declined".to_owned());
    }
    life.world.book("payment");
    Ok(())
}

/// Undoes inside the failing step.
async fn pay_or_undo(_trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    if let Err(reason) = pay(&life) {
        life.world.cancel("hotel");
        life.die_if_first();
        life.world.cancel("flight");
        // Must not be retried.
        return Err(AbortError::new(reason).into());
    }
    Ok(())
}

/// Passes on the result.
async fn pay_or_say(_trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    Ok(Trip { failed: pay(&life).err() })
}

async fn undo_hotel(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    if trip.failed.is_some() {
        life.world.cancel("hotel");
    }
    Ok(trip)
}

async fn undo_flight(trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    if let Some(reason) = trip.failed {
        life.die_if_first();
        life.world.cancel("flight");
        return Err(AbortError::new(reason).into());
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let inside =
        Story::two("inside", "a crash in the middle of a rollback that is code of the step that fails");
    let steps = Story::two("steps", "the same, where each undo is a step of its own");
    harness::life::main("apalis-workflow", &[inside, steps], async |life| {
        let storage = storage(&life).await?;
        begin(&life, &storage).await?;
        let flow = || SteppedFlow::new("trip").and_then(book_flight).and_then(book_hotel);
        let monitor = if life.case == "inside" {
            let (storage, life) = (storage.clone(), life.clone());
            Monitor::new().register(move |restarts| {
                WorkerBuilder::new(format!("worker-{}-{restarts}", life.number))
                    .backend(storage.clone())
                    .data(life.clone())
                    .build(flow().and_then(pay_or_undo))
            })
        } else {
            let (storage, life) = (storage.clone(), life.clone());
            Monitor::new().register(move |restarts| {
                WorkerBuilder::new(format!("worker-{}-{restarts}", life.number))
                    .backend(storage.clone())
                    .data(life.clone())
                    .build(flow().and_then(pay_or_say).and_then(undo_hotel).and_then(undo_flight))
            })
        };
        tokio::spawn(monitor.run());
        settle(&storage, Duration::from_secs(20)).await?;
        life.says("apalis", rows(&storage).await?);
        Ok(())
    })
}
