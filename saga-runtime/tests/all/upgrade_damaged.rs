//! A check of a store with damaged sagas names them.
//!
//! Seen to fail while a check left out what a page of the store lists as damaged.
#![allow(clippy::unwrap_used, clippy::let_underscore_must_use)]

use saga::prelude::*;
use saga::upgrade::check;
use saga::{Phase, SqliteStore};

use crate::support::shop::{FIRST, first, until};

/// A damaged saga fits no build, and is not a misfit of this one either.
#[tokio::test]
async fn s59_a_saga_that_is_damaged_is_named() {
    let dir = std::env::temp_dir().join(format!("saga-upgrade-damaged-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("trips.db");
    let runtime = FIRST(Runtime::builder(SqliteStore::open(&path).unwrap())).start().await.unwrap();
    for id in ["broken", "whole"] {
        let handle = runtime.run(id, first::trip("Ork".into())).await.unwrap();
        until(handle.any(), Phase::Waiting).await;
    }
    runtime.shutdown().await;
    drop(runtime);
    let shell = rusqlite::Connection::open(&path).unwrap();
    shell.execute("UPDATE stored_sagas SET deaths = 7 WHERE id = 'broken'", []).unwrap();
    drop(shell);
    let report = check(&FIRST(Runtime::builder(SqliteStore::open(&path).unwrap()))).await.unwrap();
    assert!(!report.all_fit());
    assert_eq!((report.fits.len(), report.misfits.len(), report.damaged.len()), (1, 0, 1), "{report}");
    assert_eq!(
        report.to_string(),
        "1 saga fits this build, and none does not\n\
         damaged, and claimed by no build: saga broken: its row is not as it was written"
    );
    std::fs::remove_dir_all(&dir).unwrap();
}
