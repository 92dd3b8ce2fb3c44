//! Invalid files: each gives an error that says what was found, and none is changed or loses data.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{
    self, NOW, cancel, commit, creation, entry, id, join, scheduled, seqs, status, step, value, wanted,
};
use rusqlite::Connection;
use saga_core::conformance::block_on;
use saga_core::store::{Append, DeliverError, Purge, Query, Status, Store, StoreError, Wanted};
use saga_core::{Phase, Timestamp};
use saga_sqlite::{OpenError, Options, SqliteStore};
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("the file can be opened")
}

/// Checks that both ways of opening refuse the file for the same reason, and do not change it.
fn refused(path: &Path, reason: impl Fn(&OpenError) -> bool) -> String {
    let before = fs::read(path).expect("the file is there");
    let error = SqliteStore::open(path).expect_err("it cannot be opened");
    let to_read = SqliteStore::open_read_only(path).expect_err("it cannot be opened");
    assert!(reason(&error) && reason(&to_read), "{error:?}, {to_read:?}");
    assert!(fs::read(path).expect("the file is there") == before, "the file was changed");
    error.to_string()
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    drop(open(&path));
    let newer = |version: u32| {
        let db = Connection::open(&path).expect("it is a database");
        db.pragma_update(None, "user_version", version).expect("it can be written");
    };
    newer(7);
    let error = refused(&path, |e| matches!(e, OpenError::Newer { found: 7, known: 4, .. }));
    assert_eq!(error, format!("{} has schema version 7; this build knows up to 4", path.display()));
    newer(1);
    let error = refused(&path, |e| matches!(e, OpenError::TooOld { found: 1, oldest: 3, .. }));
    assert_eq!(error, format!("{} has schema version 1; this build reads from 3 on", path.display()));
    newer(4);
    open(&path);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = directory();
    let path = dir.path().join("notes.txt");
    fs::write(&path, "Dear diary, ".repeat(1000)).expect("it can be written");
    let error = refused(&path, |e| matches!(e, OpenError::NotAStore { .. }));
    assert_eq!(error, format!("{} is no store of sagas: it is no SQLite database", path.display()));
}

#[test]
fn a_database_of_another_application_is_refused() {
    let dir = directory();
    let path = dir.path().join("other.db");
    let other = Connection::open(&path).expect("it can be made");
    other.execute_batch("CREATE TABLE sagas (x)").expect("it can be written");
    let error = refused(&path, |e| matches!(e, OpenError::NotAStore { .. }));
    assert!(error.contains("a SQLite database of another application"), "{error}");
    other.pragma_update(None, "application_id", 42).expect("it can be written");
    refused(&path, |e| matches!(e, OpenError::NotAStore { .. }));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    drop(open(&path));
    let whole = fs::read(&path).expect("it can be read");
    for length in [1, 50, 512, 4095, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("it can be written");
        let error = refused(&path, |e| matches!(e, OpenError::NotAStore { .. }));
        assert!(length >= 4096 || error.contains(&format!("it has {length} bytes")), "{error}");
    }
    fs::write(&path, &whole).expect("it can be written");
    open(&path);
}

#[test]
fn what_is_not_there_is_said_to_be_missing() {
    let dir = directory();
    let path = dir.path().join("no").join("where.db");
    let error = SqliteStore::open(&path).expect_err("the directory is missing");
    let directory = path.parent().expect("it is in a directory").display();
    assert_eq!(
        error.to_string(),
        format!("{} cannot be opened: there is no directory {directory}", path.display())
    );
    let path = dir.path().join("sagas.db");
    let error = SqliteStore::open_read_only(&path).expect_err("the file is missing");
    assert!(matches!(error, OpenError::NoFile { .. }), "{error}");
    assert!(!path.exists(), "who only reads makes nothing");
    let error = SqliteStore::open(dir.path()).expect_err("it is a directory");
    assert!(matches!(error, OpenError::Failed { .. }), "{error}");
}

#[test]
fn a_handle_that_only_reads_sees_everything_and_writes_nothing() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let reader = SqliteStore::open_read_only(&path).expect("it can be opened");
        commit(&store, worker, &step("a", epoch, 1, value(10))).await.expect("the store works");
        assert_eq!(seqs(&reader, "a").await, [0, 1], "also what was written since");
        assert_eq!(reader.query(&Query::default()).await.expect("it can be listed").sagas.len(), 1);
        let delivered = reader.deliver(&id("a"), cancel(), NOW).await;
        let read_only = |e: &StoreError| matches!(e, StoreError::ReadOnly { .. });
        assert!(matches!(&delivered, Err(DeliverError::Store(e)) if read_only(e)), "{delivered:?}");
        let joined = reader.join("reader", support::LEASE, NOW).await;
        assert!(matches!(&joined, Err(e) if read_only(e)), "{joined:?}");
    });
}

#[test]
fn a_full_store_says_so_and_loses_nothing() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let written = block_on(async {
        let store = Options::default().pages_max(60).open(&path).expect("it can be opened");
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("there is room");
        for seq in 1.. {
            let append = step("a", epoch, seq, value(1000));
            match commit(&store, worker, &append).await {
                Ok(_) => assert!(seq < 1000, "there is no limit"),
                Err(StoreError::Full { detail, source }) => {
                    assert!(detail.contains("full"), "{detail}");
                    let source = source.expect("SQLite's own error is beneath");
                    assert!(source.get().is::<rusqlite::ffi::Error>(), "{source:?}");
                    let again = commit(&store, worker, &append).await;
                    assert!(matches!(again, Err(StoreError::Full { .. })), "{again:?}");
                    // Without room for a record there may be room for less: nothing is blocked.
                    let nothing = Append { entries: vec![], ..append };
                    assert_eq!(commit(&store, worker, &nothing).await.expect("it needs no room"), epoch);
                    assert_eq!(seqs(&store, "a").await, (0..seq).collect::<Vec<_>>());
                    return seq;
                }
                Err(other) => panic!("{other}"),
            }
        }
        unreachable!("the loop has no end but those");
    });
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        assert_eq!(
            seqs(&store, "a").await,
            (0..written).collect::<Vec<_>>(),
            "all that was answered with Ok"
        );
        let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        let next = step("a", claims.claimed[0].epoch, written, value(1000));
        commit(&store, worker, &next).await.expect("there is room again");
    });
}

#[test]
fn a_batch_with_no_room_for_its_end_leaves_no_trace_of_its_beginning() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = Options::default().pages_max(60).open(&path).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let (a, b) = (creation("a"), creation("b"));
        let (a, b) = (commit(&store, worker, &a).await, commit(&store, worker, &b).await);
        let (a, b) = (a.expect("there is room"), b.expect("there is room"));
        let small = step("a", a, 1, value(10));
        let released = Append { release: true, ..step("b", b, 1, value(10)) };
        let large = step("a", a, 2, value(1_000_000));
        let batch = [small.clone(), creation("c"), released.clone(), large];
        let full = store.commit(worker, &batch, NOW).await;
        assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
        assert_eq!((seqs(&store, "a").await, seqs(&store, "b").await), (vec![0], vec![0]));
        assert_eq!(store.held(worker).await.expect("it can be listed").len(), 2);
        let batch = [small, creation("c"), released];
        let answers = store.commit(worker, &batch, NOW).await.expect("there is room");
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    });
}

#[test]
fn a_file_that_another_program_keeps_locked_is_waited_for_and_then_unavailable() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store =
        Options::default().busy_timeout(Duration::from_millis(1)).open(&path).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let shell = Connection::open(&path).expect("it is a database");
        shell.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
        let append = step("a", epoch, 1, value(10));
        let refused = commit(&store, worker, &append).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
        assert_eq!(seqs(&store, "a").await, [0]);
        shell.execute_batch("ROLLBACK").expect("it was begun");
        assert_eq!(commit(&store, worker, &append).await.expect("the store works"), epoch);
    });
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_keeps_nobody_from_the_others() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        for name in ["broken", "whole"] {
            let released = Append { status: Some(status(Phase::Waiting)), release: true, ..creation(name) };
            commit(&store, worker, &released).await.expect("the store works");
        }
        let shell = Connection::open(&path).expect("it is a database");
        saga_sqlite::register_sum(&shell).expect("a function can be added");
        let spoil = "UPDATE stored_appends SET body = '[{\"unheard_of\":{}}]',
            sum = saga_sum(id, num, seq, records, prev, at, '[{\"unheard_of\":{}}]') WHERE num = 1";
        assert_eq!(shell.execute(spoil, []).expect("it can be written"), 1);
        let read = store.load(&id("broken"), 0, 9).await;
        let Err(StoreError::Corrupt { detail, .. }) = read else { panic!("{read:?}") };
        assert!(
            detail.contains("saga broken: its records from number 0 on") && detail.contains("unheard_of"),
            "{detail}"
        );
        for name in ["broken", "whole"] {
            store.deliver(&id(name), cancel(), NOW).await.expect("a delivery is accepted");
        }
        let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        assert_eq!(claims.claimed.len(), 2, "also the broken one, to be dead-lettered");
        assert_eq!(store.load(&id("whole"), 0, 9).await.expect("it can be read"), [entry(0, scheduled())]);
    });
}

#[test]
fn a_saga_whose_row_is_spoilt_keeps_nobody_from_the_others() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        let due = Status { wake_at: Some(NOW), ..status(Phase::Waiting) };
        for name in ["broken", "held", "whole"] {
            let release = name != "held";
            let append = Append { status: Some(due.clone()), release, ..creation(name) };
            commit(&store, worker, &append).await.expect("the store works");
        }
        drop(store);
        let shell = Connection::open(&path).expect("it is a database");
        let spoil = "UPDATE stored_sagas SET phase = 'unheard_of' WHERE id <> 'whole'";
        assert_eq!(shell.execute(spoil, []).expect("it can be written"), 2);
        let store = open(&path);
        let worker = join(&store, "worker").await;
        let one = Wanted { limit: 1, ..wanted() };
        let mut claimed = Vec::new();
        for _ in 0..3 {
            let claims = store.claim(worker, &one, NOW).await.expect("the worker may claim");
            claimed.extend(claims.claimed.iter().map(|claim| claim.saga.clone()));
        }
        assert_eq!(claimed, [id("whole")]);
        let summary = store.summary(&id("broken")).await;
        let Err(StoreError::Corrupt { detail, .. }) = summary else { panic!("{summary:?}") };
        assert_eq!(detail, "saga broken: its row is not as it was written");
        let trouble = store.trouble().expect("it was found");
        assert!(trouble.contains("saga broken: its row is not as it was written"), "{trouble}");
        assert!(trouble.contains("saga held: its row"), "{trouble}");
    });
}

#[test]
fn a_delivery_that_cannot_be_read_is_put_aside_and_holds_up_no_other() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let shell = Connection::open(&path).expect("it is a database");
        saga_sqlite::register_sum(&shell).expect("a function can be added");
        let odd = "INSERT INTO stored_deliveries (num, at, body, sum)
            VALUES (1, 0, '{\"unheard_of\":{}}', saga_sum(1, 0, '{\"unheard_of\":{}}'))";
        shell.execute(odd, []).expect("it can be written");
        let readable = store.deliver(&id("a"), cancel(), NOW).await.expect("a delivery is accepted");
        for _ in 0..2 {
            let waiting = store.inbox(worker).await.expect("the inbox can be read");
            assert_eq!(waiting.iter().map(|w| w.id).collect::<Vec<_>>(), [readable]);
        }
        let why: String = shell
            .query_row("SELECT unreadable FROM inbox WHERE kind = 'unheard_of'", [], |row| row.get(0))
            .expect("it is still there");
        assert!(why.contains("unheard_of"), "{why}");
        let taken = Append { taken: vec![readable], release: true, ..step("a", epoch, 1, value(1)) };
        commit(&store, worker, &taken).await.expect("the store works");
        let claims =
            store.claim(worker, &wanted(), Timestamp(NOW.0 + 1)).await.expect("the worker may claim");
        assert!(claims.claimed.is_empty(), "what was put aside is no reason to claim the saga");
    });
}

#[test]
fn what_is_over_leaves_no_rows_behind() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    let rows = |table: &str| -> i64 {
        let shell = Connection::open(&path).expect("it is a database");
        shell
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .expect("it is a table")
    };
    block_on(async {
        let worker = join(&store, "worker").await;
        let due = Status { wake_at: Some(NOW), ..status(Phase::Waiting) };
        for name in ["a", "b"] {
            let append = Append { status: Some(due.clone()), release: true, ..creation(name) };
            commit(&store, worker, &append).await.expect("the store works");
        }
        drop(store);
        // As if much had been written since.
        let shell = Connection::open(&path).expect("it is a database");
        saga_sqlite::register_sum(&shell).expect("a function can be added");
        let tail = "UPDATE stored_meta SET tail = 100, sum = saga_sum(only, worker, 100, last_num)";
        shell.execute(tail, []).expect("it can be written");
        drop(shell);
        let store = open(&path);
        let worker = join(&store, "worker").await;
        let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        assert_eq!((claims.claimed.len(), rows("stored_claims")), (2, 2));
        for claim in &claims.claimed {
            let last = step(claim.saga.as_str(), claim.epoch, 1, value(10));
            let last = Append { status: Some(status(Phase::Completed)), release: true, ..last };
            commit(&store, worker, &last).await.expect("the store works");
        }
        assert_eq!((rows("stored_claims"), rows("stored_appends")), (0, 4));
        let purge = Purge { ended_before: Timestamp(NOW.0 + 1), undoable_too: false };
        assert_eq!(store.purge(purge, NOW).await.expect("it can be purged"), 2);
        assert_eq!((rows("stored_sagas"), rows("stored_appends")), (0, 0));
    });
}
