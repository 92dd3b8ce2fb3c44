//! How often something is made durable, counted and not timed: six dependent commits for a saga of five steps, and few
//! transactions for many sagas at once.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use saga::SqliteStore;
use saga::prelude::*;

const SAGAS_AT_ONCE: usize = 64;

#[step(compensate = take(n), idempotent)]
async fn give(n: u32) -> Result<String, Failure> {
    if n == u32::MAX {
        return Err(Failure::permanent("no more"));
    }
    Ok("x".repeat(100))
}

#[step(retriable, idempotent)]
async fn take(_n: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga(version = 1)]
async fn five(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    Ok(())
}

/// Runs `count` sagas at once in a fresh file; gives the transactions that took, start and end of the worker left out.
async fn transactions(count: usize) -> u64 {
    let folder = std::env::temp_dir().join(format!("saga-commits-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Arc::new(SqliteStore::open(folder.join("count.db")).unwrap());
    let runtime = Runtime::builder_shared(store.clone()).saga::<five>().start().await.unwrap();
    let before = store.stats().transactions;
    let sagas: Vec<_> = (0..count)
        .map(|n| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                let handle = runtime.run(format!("saga-{n}"), five(n as u32)).await.unwrap();
                assert!(handle.outcome().await.unwrap().is_completed());
            })
        })
        .collect();
    for saga in sagas {
        saga.await.unwrap();
    }
    let taken = store.stats().transactions - before;
    runtime.shutdown().await;
    drop((runtime, store));
    std::fs::remove_dir_all(&folder).unwrap();
    taken
}

#[tokio::test]
async fn a_saga_of_five_steps_takes_six_commits() {
    assert_eq!(
        transactions(1).await,
        6,
        "start with the first intent, four times between, the last with the end"
    );
}

#[tokio::test]
async fn many_sagas_share_their_commits() {
    let taken = transactions(SAGAS_AT_ONCE).await;
    let steps = 5 * SAGAS_AT_ONCE as u64;
    // Ideally six for all; twice that if they split into two halves that take turns, and a few for the start.
    assert!(taken * 100 <= steps * 6, "{taken} transactions for {steps} steps");
}
