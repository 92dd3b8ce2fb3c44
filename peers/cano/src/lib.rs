//! Runs a trip on cano, recorded in a redb file. It is begun in the first life, and resumed in later ones.

use std::sync::Arc;

use cano::RedbCheckpointStore;
use cano::prelude::*;
use harness::{Error, Life};

/// The state of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Its flight is booked next.
    Flight,
    /// Its hotel is.
    Hotel,
    /// It is paid next.
    Payment,
    /// It is booked.
    Booked,
}

/// Runs or resumes the trip; returns what cano reports at its end.
///
/// # Errors
/// If the file cannot be opened.
pub async fn run(life: &Life, trip: Workflow<State>, token: CancellationToken) -> Result<String, Error> {
    let store = Arc::new(RedbCheckpointStore::new(life.folder.join("cano.redb"))?);
    let trip = trip.with_checkpoint_store(store.clone()).with_workflow_id("trip-1");
    let end = if life.number == 1 {
        trip.orchestrate(State::Flight, token).await
    } else {
        trip.resume_from("trip-1", token).await
    };
    let says = match end {
        Ok(state) => format!("ended in {state:?}"),
        Err(error) => format!("failed: {error}"),
    };
    Ok(format!("{says}; rows kept: {}", store.load_run("trip-1").await?.len()))
}
