//! One process after another on one file: a start that waits for the worker before it.
//!
//! Mutant seen to fail here: a start that does not wait.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use saga::prelude::*;
use saga::store::StoreError;
use saga::{SqliteStore, StartError};

#[saga]
async fn nothing() -> Result<(), Failure> {
    Ok(())
}

fn builder(file: &Path) -> saga::Builder {
    Runtime::builder(SqliteStore::open(file).unwrap()).saga::<nothing>()
}

fn is_held(error: &StartError) -> bool {
    matches!(error, StartError::Store(StoreError::Held { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_for_the_worker_that_holds_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sagas.db");
    let first = builder(&file).start().await.unwrap();
    let second = tokio::spawn(builder(&file).wait_for_worker(Duration::from_secs(3600)).start());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!second.is_finished(), "the first worker holds the store");
    first.shutdown().await;
    let second = second.await.unwrap().unwrap();
    let outcome = second.run("after", nothing()).await.unwrap().outcome().await.unwrap();
    assert!(outcome.is_completed());
    second.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_no_longer_than_it_may() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sagas.db");
    let first = builder(&file).start().await.unwrap();
    let refused = builder(&file).start().await.unwrap_err();
    assert!(is_held(&refused), "it does not wait by default: {refused}");
    let began = first.now();
    let refused = builder(&file).wait_for_worker(Duration::from_secs(5)).start().await.unwrap_err();
    assert!(is_held(&refused), "{refused}");
    let waited = first.now().since(began);
    // Virtual time runs ahead while SQLite works.
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(60), "{waited:?}");
    first.shutdown().await;
}
