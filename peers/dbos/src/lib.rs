//! A PostgreSQL server that lasts as long as the program: made in a folder of its own, on a free port of the loopback
//! interface, as durable as PostgreSQL comes, and gone whatever happens.
//!
//! `DBOS_DATABASE_URL`, if it is set, names another to be used instead.

mod postgres;

use std::time::Duration;

use dbos::{Config, DBOS, StartOptions, WorkflowRef};
use harness::{Error, Life, Story};
use serde::{Deserialize, Serialize};

pub use postgres::Postgres;

/// How a trip is not booked.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum TripError {
    /// The bank says no.
    #[error("the card is declined")]
    Declined,
    /// The hotel says no.
    #[error("there is no room")]
    Full,
}

/// Starts the trip if it is the first life, and waits for its end; what DBOS says of that.
///
/// # Errors
/// If it cannot be asked.
pub async fn end(
    life: &Life,
    engine: &DBOS,
    trip: &WorkflowRef<(), (), TripError>,
    patience: Duration,
) -> Result<String, Error> {
    // An id of its own for each story, since all of a program's share the database.
    let id = format!("trip-{}", life.case);
    let handle = if life.number == 1 {
        trip.start_with((), StartOptions { workflow_id: Some(&id), ..StartOptions::default() }).await?
    } else {
        engine.retrieve_workflow(&id)?
    };
    // Of a task of its own: should the trip panic, so does whoever waits for it.
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

/// DBOS as its documentation configures it, but that it asks for the end of another process's saga more often than
/// once a second, which is not what is measured.
pub fn engine(url: &str) -> DBOS {
    DBOS::new(Config {
        app_version: Some("1".to_owned()),
        // As in its example of a configuration; it comes with 10, which is slower with many at once.
        max_connections: 20,
        outcome_poll_interval: Some(Duration::from_millis(100)),
        ..Config::new("trips", url)
    })
}

/// The main function of a program about what happens: the parent has the server, the lives have its address.
///
/// # Errors
/// If there is no PostgreSQL to be had.
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
