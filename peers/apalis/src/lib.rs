//! Shared by the programs: a queue of trips in a SQLite file, set up as in apalis-sqlite's README, and a query of its
//! rows.

use std::time::Duration;

use apalis_sqlite::{Config, SqlitePool, SqliteStorage};
use apalis_workflow::WorkflowSink;
use harness::{Error, Life};
use serde::{Deserialize, Serialize};

/// A trip to be booked, as one step passes it to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trip {
    /// The reason for a failure, where it is passed on as a value.
    pub failed: Option<String>,
}

/// Returns the queue. A worker that is silent for two seconds counts as dead; the default is a minute.
///
/// # Errors
/// Those of SQLite.
pub async fn storage(life: &Life) -> Result<SqliteStorage<Trip>, Error> {
    let file = life.folder.join("apalis.db");
    let pool = SqlitePool::connect(&format!("sqlite:{}?mode=rwc", file.display())).await?;
    SqliteStorage::setup(&pool).await?;
    let config = Config::default().queue("trips").heartbeat_interval(Duration::from_secs(1));
    Ok(SqliteStorage::new(&pool).with_config(config))
}

/// Puts a trip into the queue in the first life.
///
/// # Errors
/// Those of SQLite.
pub async fn begin(life: &Life, storage: &SqliteStorage<Trip>) -> Result<(), Error> {
    if life.number == 1 {
        storage.clone().push_start(Trip::default()).await?;
    }
    Ok(())
}

/// Returns the tasks of the trip in the order of creation, each with its state and attempts.
///
/// # Errors
/// Those of SQLite.
pub async fn rows(storage: &SqliteStorage<Trip>) -> Result<String, Error> {
    let rows: Vec<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT status, attempts, last_result FROM Jobs ORDER BY rowid")
            .fetch_all(storage.pool())
            .await?;
    let text = rows.into_iter().enumerate().map(|(index, (status, attempts, result))| {
        // The result of a success is the id of the next task.
        let result = result.filter(|result| result.contains("Err")).unwrap_or_default();
        format!("task {}: {status}, {attempts} attempts {result}", index + 1)
    });
    Ok(text.collect::<Vec<_>>().join("; ").trim_end().to_owned())
}

/// Waits until no task waits or runs, or until the time has passed.
///
/// # Errors
/// Those of SQLite.
pub async fn settle(storage: &SqliteStorage<Trip>, patience: Duration) -> Result<(), Error> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let open: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM Jobs WHERE status NOT IN ('Done', 'Killed')")
                .fetch_one(storage.pool())
                .await?;
        if open == 0 {
            break;
        }
    }
    Ok(())
}
