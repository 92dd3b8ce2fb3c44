//! Counts how often writes are made durable: six dependent commits for a saga of five steps, and few syncs for many
//! sagas at once. Syncs are counted where SQLite asks the operating system for them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use saga::prelude::*;
use saga_sqlite::{Options, Stats};
use saga_vfs::{Kind, SyncMeter};

const STEPS: u64 = 5;

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

/// The counts of some sagas, without the start and end of the worker.
struct Taken {
    steps: u64,
    transactions: u64,
    /// Syncs of the write-ahead log.
    wal: u64,
    /// Syncs of any file.
    syncs: u64,
}

/// Runs `each` sagas one after the other, `at_once` times at once, in a fresh file.
async fn run(at_once: usize, each: usize) -> Taken {
    let name = format!("saga-commits-{}-{at_once}-{each}", std::process::id());
    let folder = std::env::temp_dir().join(&name);
    std::fs::create_dir_all(&folder).unwrap();
    let meter = Arc::new(SyncMeter::default());
    saga_vfs::register(&name, meter.clone()).unwrap();
    let store = Arc::new(Options::default().vfs(&name).open(folder.join("count.db")).unwrap());
    let runtime = Runtime::builder(store.clone()).saga::<five>().start().await.unwrap();
    let count = || (store.stats(), meter.of(Kind::Wal), meter.syncs());
    let (Stats { transactions, .. }, wal, syncs) = count();
    let clients: Vec<_> = (0..at_once)
        .map(|client| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    let handle = runtime.run(format!("saga-{client}-{n}"), five(n as u32)).await.unwrap();
                    assert!(handle.outcome().await.unwrap().is_completed());
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let after = count();
    runtime.shutdown().await;
    drop((runtime, store));
    std::fs::remove_dir_all(&folder).unwrap();
    Taken {
        steps: (at_once * each) as u64 * STEPS,
        transactions: after.0.transactions - transactions,
        wal: after.1 - wal,
        syncs: after.2 - syncs,
    }
}

#[tokio::test]
async fn a_saga_of_five_steps_takes_six_commits_each_synced() {
    let taken = run(1, 1).await;
    assert_eq!(
        taken.transactions, 6,
        "start with the first intent, four times between, the last with the end"
    );
    assert_eq!((taken.wal, taken.syncs), (6, 6), "each is one sync, of the write-ahead log");
}

#[tokio::test]
async fn one_after_the_other_a_step_takes_little_more_than_a_sync() {
    // Enough for the log to be moved into the file now and then.
    let taken = run(1, 200).await;
    assert_eq!(taken.transactions, 6 * 200);
    assert!(taken.wal >= taken.transactions, "{} syncs of the log", taken.wal);
    assert!(taken.syncs > taken.wal, "the file was synced as well");
    assert!(taken.syncs * 100 <= taken.steps * 125, "{} syncs for {} steps", taken.syncs, taken.steps);
}

#[tokio::test]
async fn many_sagas_share_their_syncs() {
    let taken = run(64, 20).await;
    assert!(taken.wal >= taken.transactions, "{} syncs of {}", taken.wal, taken.transactions);
    // Ideally six for 64 sagas; twice that if the committer answers in halves.
    assert!(taken.syncs * 100 <= taken.steps * 6, "{} syncs for {} steps", taken.syncs, taken.steps);
}
