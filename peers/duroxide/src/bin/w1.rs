//! Workload W1 on duroxide with its default SQLite provider; `--full` sets every connection of its pool to
//! `synchronous=FULL` by hand. The dispatchers poll every 100 ms by default, which would dominate the result of a
//! single saga. Of 1, 10 and 100 ms the first was the fastest. More than the default two dispatchers of each kind were
//! not faster.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{Runtime, RuntimeOptions};
use duroxide::{ActivityContext, Client, OrchestrationContext, OrchestrationRegistry, OrchestrationStatus};
use harness::Error;
use harness::w1::{self, Name, Subject};

/// The interval of the dispatchers' polling.
const POLL: Duration = Duration::from_millis(1);
/// The number of connections in its pool.
const CONNECTIONS: u32 = 5;

struct Duroxide {
    client: Client,
    runtime: Arc<Runtime>,
}

/// Five activities, each with its undo.
async fn five(cx: OrchestrationContext, input: String) -> Result<String, String> {
    let mut done: Vec<String> = Vec::new();
    for _ in 0..w1::STEPS {
        match cx.schedule_activity("Give", input.clone()).await {
            Ok(given) => done.push(given),
            Err(error) => {
                for given in done.into_iter().rev() {
                    cx.schedule_activity("Take", given).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(String::new())
}

impl Subject for Duroxide {
    async fn saga(&self, id: String) -> Result<(), Error> {
        self.client.start_orchestration(&id, "Five", "7").await?;
        match self.client.wait_for_orchestration(&id, Duration::from_secs(60)).await? {
            OrchestrationStatus::Completed { .. } => Ok(()),
            other => Err(harness::error(format!("{other:?}"))),
        }
    }

    async fn stop(&self) {
        self.runtime.clone().shutdown(Some(1_000)).await;
    }
}

/// Returns the provider, and the durability that it reports.
async fn provider(folder: &Path) -> Result<(SqliteProvider, &'static str), Error> {
    let file = w1::file(folder, "duroxide.db");
    let provider = SqliteProvider::new(&format!("sqlite:{file}?mode=rwc"), None).await?;
    if w1::is_full() {
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = provider.get_pool().acquire().await?;
            sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
            held.push(connection);
        }
    }
    let mut connection = provider.get_pool().acquire().await?;
    let level: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    let durability = match level {
        0 => "SQLite, WAL, synchronous=OFF",
        1 => "SQLite, WAL, synchronous=NORMAL",
        _ => "SQLite, WAL, synchronous=FULL",
    };
    drop(connection);
    Ok((provider, durability))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let version = harness::lock::version(include_str!("../../Cargo.lock"), "duroxide");
    w1::measure(async |folder, _| {
        let (provider, durability) = provider(&folder).await?;
        let provider = Arc::new(provider);
        let activities = ActivityRegistry::builder()
            .register("Give", |_cx: ActivityContext, _n: String| async { Ok(w1::give()) })
            .register("Take", |_cx: ActivityContext, _given: String| async { Ok(String::new()) })
            .build();
        let orchestrations = OrchestrationRegistry::builder().register("Five", five).build();
        let options = RuntimeOptions { dispatcher_min_poll_interval: POLL, ..RuntimeOptions::default() };
        let runtime =
            Runtime::start_with_options(provider.clone(), activities, orchestrations, options).await;
        let name = Name { peer: format!("duroxide {version}"), durability: durability.into() };
        Ok((Duroxide { client: Client::new(provider), runtime }, name))
    })
    .await
}
