//! Workload W1 on saga: `SqliteStore`, with WAL and `synchronous=FULL`. The engines that it is compared with are in
//! `docs/comparison.md`.

use harness::Error;
use harness::w1::{self, Name, Subject};
use saga::SqliteStore;
use saga::prelude::*;

/// Gives 100 bytes.
#[step(compensate = take(n), idempotent)]
async fn give(n: u32) -> Result<String, Failure> {
    if n == u32::MAX {
        return Err(Failure::permanent("no more"));
    }
    Ok(w1::give())
}

/// Undoes `give`.
#[step(retriable, idempotent)]
async fn take(_n: u32) -> Result<(), Failure> {
    Ok(())
}

/// Five steps.
#[saga(version = 1)]
async fn five(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    Ok(())
}

struct Saga {
    runtime: Runtime,
}

impl Subject for Saga {
    async fn saga(&self, id: String) -> Result<(), Error> {
        let outcome = self.runtime.run(id.as_str(), five(7)).await?.outcome().await?;
        if outcome.is_completed() { Ok(()) } else { Err(harness::error(outcome.to_string())) }
    }

    async fn stop(&self) {
        self.runtime.shutdown().await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = Name {
        peer: format!("saga {}", harness::lock::version(include_str!("../../Cargo.lock"), "saga-rs")),
        durability: "SQLite, WAL, synchronous=FULL".into(),
    };
    w1::measure(async |folder, _| {
        let store = SqliteStore::open(folder.join("saga.db"))?;
        let runtime = Runtime::builder(store).saga::<five>().start().await?;
        Ok((Saga { runtime }, name.clone()))
    })
    .await
}
