//! A PostgreSQL server that lives as long as the program. It has its own folder, a free loopback port and PostgreSQL's
//! default durability, and is always removed.
//!
//! `DBOS_DATABASE_URL`, if set, names another server to use instead.

mod postgres;

use std::time::Duration;

use dbos::{Config, DBOS, StartOptions, WorkflowRef};
use harness::{Error, Life, Story};
use serde::{Deserialize, Serialize};

pub use postgres::Postgres;

/// The reason for which a trip is not booked.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum TripError {
    /// The bank says no.
    #[error("the card is declined")]
    Declined,
    /// The hotel says no.
    #[error("there is no room")]
    Full,
}

/// Starts the trip in the first life, and waits for its end; returns what DBOS reports.
///
/// # Errors
/// If it cannot be asked.
pub async fn end(
    life: &Life,
    engine: &DBOS,
    trip: &WorkflowRef<(), (), TripError>,
    patience: Duration,
) -> Result<String, Error> {
    // Each story has its own id, because the stories of a program share the database.
    let id = format!("trip-{}", life.case);
    let handle = if life.number == 1 {
        trip.start_with((), StartOptions { workflow_id: Some(&id), ..StartOptions::default() }).await?
    } else {
        engine.retrieve_workflow(&id)?
    };
    // In its own task: if the trip panics, so does the code that waits for it.
    let end = tokio::spawn(async move { tokio::time::timeout(patience, handle.result()).await });
    let says = match end.await {
        Ok(Ok(Ok(()))) => "completed".to_owned(),
        Ok(Ok(Err(error))) => format!("failed: {error}"),
        Ok(Err(_)) => "nothing".to_owned(),
        Err(_) => "whoever waited has panicked".to_owned(),
    };
    let status = engine.retrieve_workflow::<(), TripError>(&id)?.status().await?;
    Ok(format!("{says}; its row: {status:?}"))
}

/// The variable that DBOS itself reads.
pub const URL: &str = dbos::DATABASE_URL_ENV;

/// Returns DBOS as its documentation configures it, but with more frequent polling for the ends of other processes'
/// sagas. The default of once a second would distort the comparison.
pub fn engine(url: &str) -> DBOS {
    DBOS::new(Config {
        app_version: Some("1".to_owned()),
        // The value in its configuration example; the default of 10 is slower with many sagas.
        max_connections: 20,
        outcome_poll_interval: Some(Duration::from_millis(100)),
        ..Config::new("trips", url)
    })
}

/// Runs a program of stories: the parent has the server, and the lives get its address.
///
/// # Errors
/// If there is no PostgreSQL.
pub fn main(stories: &[Story], live: impl AsyncFnOnce(Life, DBOS) -> Result<(), Error>) -> Result<(), Error> {
    match Life::here() {
        Some(life) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let engine = engine(&std::env::var(URL)?);
            runtime.block_on(live(life, engine))
        }
        None => {
            let server = Postgres::start()?;
            harness::life::tell("dbos", stories, &[(URL, server.url())])
        }
    }
}
