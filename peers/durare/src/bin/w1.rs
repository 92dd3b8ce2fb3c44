//! Workload W1 on durare, on a SQLite file. Its provider sets `synchronous=NORMAL`; with `--full` it gets connections
//! with `FULL`, made by hand.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use durare::{DurableContext, DurableEngine, DurableEngineBuilder, SqliteProvider, WorkflowOptions};
use harness::Error;
use harness::w1::{self, Name, Subject};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

struct Durare {
    engine: DurableEngine,
}

/// Five steps, each with its undo.
async fn five(ctx: DurableContext, _n: u32) -> durare::Result<()> {
    let mut done: Vec<String> = Vec::new();
    for _ in 0..w1::STEPS {
        match ctx.step("give", || async { Ok(w1::give()) }).await {
            Ok(given) => done.push(given),
            Err(error) => {
                for _ in done.into_iter().rev() {
                    ctx.step("take", || async { Ok(()) }).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

impl Subject for Durare {
    async fn saga(&self, id: String) -> Result<(), Error> {
        let started = self.engine.start::<u32, ()>("five", 7, WorkflowOptions::with_id(id)).await?;
        Ok(started.result().await?)
    }

    async fn stop(&self) {
        if let Err(error) = self.engine.shutdown(Duration::from_secs(1)).await {
            eprintln!("durare does not stop: {error}");
        }
    }
}

/// The settings of durare's own pool, but for `synchronous`.
async fn full(folder: &Path) -> Result<DurableEngineBuilder, Error> {
    let options = SqliteConnectOptions::from_str(&peer_durare::url(folder))?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new().max_connections(5).connect_with(options).await?;
    Ok(DurableEngine::builder(Arc::new(SqliteProvider::from_pool(pool))))
}

fn main() -> Result<(), Error> {
    let name = Name {
        peer: format!("durare {}", harness::lock::version(include_str!("../../Cargo.lock"), "durare")),
        durability: format!("SQLite, WAL, synchronous={}", if w1::is_full() { "FULL" } else { "NORMAL" }),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(w1::measure(async |folder, _| {
        let mut builder = if w1::is_full() {
            full(&folder).await?
        } else {
            DurableEngine::connect(&peer_durare::url(&folder)).await?
        };
        builder.app_version("1");
        builder.register("five", five);
        let engine = builder.build().await?;
        engine.launch().await?;
        Ok((Durare { engine }, name.clone()))
    }))
}
