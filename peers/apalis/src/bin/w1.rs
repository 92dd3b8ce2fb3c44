//! Workload W1 on apalis-workflow and its SQLite backend, set up by `SqliteStorage::setup`, which selects
//! `synchronous=OFF`; `--full` sets `FULL` by hand. The pool has one connection, and is polled every millisecond. With
//! one saga that is more than twice as fast as the default pool of ten connections with the update hook; with many it
//! is as fast. Tasks are fetched in batches of the number of sagas, 10 to 100. Of the sizes 10, 30, 64, 100 and 256,
//! none was the fastest everywhere.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis::prelude::*;
use apalis_sqlite::{Config, SqlitePool, SqlitePoolOptions, SqliteStorage};
use apalis_workflow::{SteppedFlow, WorkflowSink};
use futures::TryFutureExt;
use harness::Error;
use harness::w1::{self, Name, Subject};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// The interval of the worker's polling.
const POLL: Duration = Duration::from_millis(1);

/// The data that one step passes to the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    id: String,
    given: String,
}

/// The waiting caller of each saga. The last step notifies it, because no other code knows the id of a saga's last
/// task.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

struct Apalis {
    storage: SqliteStorage<Job>,
    waiting: Waiting,
}

async fn give(job: Job) -> Result<Job, BoxDynError> {
    Ok(Job { id: job.id, given: w1::give() })
}

async fn last(job: Job, waiting: Data<Waiting>) -> Result<(), BoxDynError> {
    w1::give();
    let waiter = waiting.lock().expect("nobody panics with it").remove(&job.id);
    if let Some(waiter) = waiter {
        // The caller may have gone.
        let _ignored = waiter.send(());
    }
    Ok(())
}

impl Subject for Apalis {
    async fn saga(&self, id: String) -> Result<(), Error> {
        let (done, is_done) = oneshot::channel();
        self.waiting.lock().expect("nobody panics with it").insert(id.clone(), done);
        self.storage.clone().push_start(Job { id, given: String::new() }).await?;
        is_done.await?;
        Ok(())
    }
}

/// Returns the pool, and the durability that its connection reports.
async fn pool(folder: &Path) -> Result<(SqlitePool, &'static str), Error> {
    let file = w1::file(folder, "apalis.db");
    let options = SqlitePoolOptions::new().max_connections(1);
    let pool = options.connect(&format!("sqlite:{file}?mode=rwc")).await?;
    SqliteStorage::setup(&pool).await?;
    if w1::is_full() {
        sqlx::query("PRAGMA synchronous = FULL").execute(&pool).await?;
    }
    let level: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&pool).await?;
    let durability = match level {
        0 => "SQLite, WAL, synchronous=OFF",
        1 => "SQLite, WAL, synchronous=NORMAL",
        _ => "SQLite, WAL, synchronous=FULL",
    };
    Ok((pool, durability))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let version = harness::lock::version(include_str!("../../Cargo.lock"), "apalis-workflow");
    w1::measure(async |folder, concurrency| {
        let (pool, durability) = pool(&folder).await?;
        let config = Config::default().queue("five").batch_size(concurrency.clamp(10, 100));
        let storage = SqliteStorage::<Job>::new(&pool).with_config(config);
        let waiting = Waiting::default();
        let five = SteppedFlow::new("five")
            .and_then(give)
            .and_then(give)
            .and_then(give)
            .and_then(give)
            .and_then(last);
        let worker = WorkerBuilder::new("worker")
            .backend(storage.clone().poll_with_strategy(Strategy::new().interval(POLL)))
            .data(waiting.clone())
            .parallelize(tokio::spawn)
            .build(five);
        tokio::spawn(worker.run().inspect_err(|error| eprintln!("the worker has ended: {error}")));
        let name = Name { peer: format!("apalis-workflow {version}"), durability: durability.into() };
        Ok((Apalis { storage, waiting }, name))
    })
    .await
}
