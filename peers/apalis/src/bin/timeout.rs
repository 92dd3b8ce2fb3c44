//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. The time limit and the rollback are code of the step. In a third case the limit is that of the
//! worker; no code of the step sees that one expire.

use std::time::Duration;

use apalis::layers::WorkerBuilderExt;
use apalis::prelude::*;
use apalis_core::error::AbortError;
use apalis_workflow::SteppedFlow;
use harness::{Error, Life, Story};
use peer_apalis::{Trip, begin, rows, settle, storage};

const LIMIT: Duration = Duration::from_millis(300);

async fn book_flight(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    life.world.book("flight");
    Ok(trip)
}

async fn book_hotel(trip: Trip, life: Data<Life>) -> Result<Trip, BoxDynError> {
    let call = async {
        if life.case != "lost" {
            life.world.book("hotel");
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    };
    if life.case == "worker" {
        call.await;
    } else if tokio::time::timeout(LIMIT, call).await.is_err() {
        life.world.cancel("flight");
        // Must not be retried.
        return Err(AbortError::new("the hotel does not answer").into());
    }
    Ok(trip)
}

async fn pay(_trip: Trip, life: Data<Life>) -> Result<(), BoxDynError> {
    life.world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    let worker = Story::two(
        "worker",
        "the worker's time is up, and the call has landed; 5 s later the process is started again",
    );
    harness::life::main("apalis-workflow", &[landed, lost, worker], async |life| {
        let storage = storage(&life).await?;
        begin(&life, &storage).await?;
        let limit = if life.case == "worker" { LIMIT } else { Duration::from_secs(60) };
        let monitor = {
            let (storage, life) = (storage.clone(), life.clone());
            Monitor::new().register(move |restarts| {
                WorkerBuilder::new(format!("worker-{}-{restarts}", life.number))
                    .backend(storage.clone())
                    .data(life.clone())
                    .timeout(limit)
                    .build(SteppedFlow::new("trip").and_then(book_flight).and_then(book_hotel).and_then(pay))
            })
        };
        tokio::spawn(monitor.run());
        settle(&storage, Duration::from_secs(5)).await?;
        life.says("apalis", rows(&storage).await?);
        Ok(())
    })
}
