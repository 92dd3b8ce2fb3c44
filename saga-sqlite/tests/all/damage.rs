//! Rows changed by something other than this crate. Each change is found when the row is read, its saga is named, and
//! the other sagas continue.

use std::path::{Path, PathBuf};

use crate::support::{NOW, cancel, commit, creation, id, join, seqs, status, step, value, wanted};
use rusqlite::Connection;
use saga_core::conformance::block_on;
use saga_core::store::{Append, DeliverError, Purge, Query, Status, Store, StoreError, WorkerId};
use saga_core::{Epoch, Phase, Seq, Timestamp};
use saga_sqlite::SqliteStore;
use tempfile::TempDir;

/// A store after its worker has died, with sagas that are due. Each has four records in as many rows: first those of
/// `broken`, then those of `whole`. `running` was being driven when the worker died.
struct Place {
    path: PathBuf,
    _dir: TempDir,
}

fn due() -> Status {
    Status { wake_at: Some(NOW), ..status(Phase::Waiting) }
}

async fn steps(store: &SqliteStore, worker: WorkerId, name: &str, epoch: Epoch) {
    for seq in 1..4 {
        commit(store, worker, &step(name, epoch, seq, value(10))).await.expect("the store works");
    }
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory can be made");
        let path = dir.path().join("sagas.db");
        let store = SqliteStore::open(&path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            for name in ["broken", "whole", "running"] {
                let epoch = commit(&store, worker, &creation(name)).await.expect("the store works");
                steps(&store, worker, name, epoch).await;
                if name != "running" {
                    let release = Append { entries: vec![], ..step(name, epoch, 4, value(1)) };
                    let release = Append { status: Some(due()), release: true, ..release };
                    commit(&store, worker, &release).await.expect("the store works");
                }
            }
        });
        Self { path, _dir: dir }
    }

    /// Changes one row as no version of this crate does.
    fn spoil(&self, sql: &str) {
        let shell = Connection::open(&self.path).expect("it is a database");
        assert_eq!(shell.execute(sql, []).expect("it can be written"), 1, "{sql}");
    }
}

/// Checks that `broken` gives an error that names it.
async fn is_found(store: &SqliteStore, name: &str) -> String {
    for from in [0, 3] {
        let read = store.load(&id(name), from, 9).await;
        let Err(StoreError::Corrupt { detail, .. }) = read else { panic!("from {from}: {read:?}") };
        assert!(detail.starts_with(&format!("saga {name}: ")), "{detail}");
        if from == 3 {
            return detail;
        }
    }
    unreachable!("the loop has two turns")
}

/// Checks that the other saga is claimed, continues and ends.
async fn goes_on(store: &SqliteStore, worker: WorkerId, name: &str) {
    let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
    let claim = claims.claimed.iter().find(|claim| claim.saga == id(name)).expect("it is due");
    assert_eq!(seqs(store, name).await, [0, 1, 2, 3]);
    let end = Append {
        status: Some(status(Phase::Completed)),
        release: true,
        ..step(name, claim.epoch, 4, value(1))
    };
    commit(store, worker, &end).await.expect("the store works");
    assert_eq!(seqs(store, name).await, [0, 1, 2, 3, 4]);
}

/// Changes to the columns of a journal's row.
const APPENDS: [&str; 10] = [
    "body = 'no JSON'",
    "body = '[]'",
    "body = replace(body, 'xxxxxxxxxx', 'xxxxxxyxxx')",
    "body = x'5b5d'",
    "seq = seq + 1",
    "records = 2",
    "prev = id",
    "prev = prev + 4",
    "num = 2",
    "at = at + 1",
];

fn change(columns: &str, which: &str) -> String {
    // The table accepts no blob; SQLite checks that only on writes.
    match columns {
        "body = x'5b5d'" => format!("UPDATE stored_appends SET body = CAST(x'ff5d' AS TEXT) WHERE {which}"),
        columns => format!("UPDATE stored_appends SET {columns} WHERE {which}"),
    }
}

#[test]
fn a_row_of_a_journal_that_was_changed_is_found_and_the_others_go_on() {
    for columns in APPENDS {
        // The first rows are those of `broken`: its last one, and one in the middle.
        for row in [4, 3] {
            let place = Place::new();
            place.spoil(&change(columns, &format!("id = {row}")));
            let store = SqliteStore::open(&place.path).expect("it can be opened");
            block_on(async {
                let worker = join(&store, "worker").await;
                goes_on(&store, worker, "whole").await;
                let found = store.load(&id("broken"), 0, 9).await;
                let Err(StoreError::Corrupt { detail, .. }) = found else { panic!("{columns}: {found:?}") };
                assert!(detail.starts_with("saga broken: "), "{columns}: {detail}");
                let trouble = store.trouble().unwrap_or_default();
                assert!(trouble.contains("saga broken: "), "{columns}: {trouble}");
            });
        }
    }
}

#[test]
fn a_row_that_is_missing_is_found() {
    for row in 1..=4 {
        let place = Place::new();
        place.spoil(&format!("DELETE FROM stored_appends WHERE id = {row}"));
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            goes_on(&store, worker, "whole").await;
            let found = store.load(&id("broken"), 0, 9).await;
            let Err(StoreError::Corrupt { detail, .. }) = found else { panic!("{found:?}") };
            assert_eq!(detail, format!("saga broken: row {row} of its journal is missing"));
        });
    }
}

#[test]
fn the_end_of_a_saga_whose_worker_died_is_not_lost_with_the_name_of_its_row() {
    // The last row of `running` is in the tail of the table, which alone shows its last append.
    for columns in APPENDS {
        let place = Place::new();
        place.spoil(&change(columns, "id = 12"));
        let reader = SqliteStore::open_read_only(&place.path).expect("it can be opened");
        block_on(is_found(&reader, "running"));
        drop(reader);
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
            let claim = claims.claimed.iter().find(|claim| claim.saga == id("running"));
            let claim = claim.unwrap_or_else(|| panic!("{columns}: it is claimed, to become a dead letter"));
            is_found(&store, "running").await;
            // Nothing is written after an unreadable record; the status can be.
            for seq in 0..6 {
                let answers = store.commit(worker, &[step("running", claim.epoch, seq, value(1))], NOW).await;
                assert!(answers.expect("the store works")[0].is_err(), "{columns}: record {seq}");
            }
            let dead = Append {
                status: Some(status(Phase::DeadLettered)),
                release: true,
                entries: vec![],
                ..step("running", claim.epoch, 0, value(1))
            };
            commit(&store, worker, &dead).await.expect("the store works");
            assert_eq!(seqs(&store, "whole").await, [0, 1, 2, 3]);
        });
    }
}

#[test]
fn a_row_of_a_saga_that_was_changed_is_listed_as_damaged_and_the_others_go_on() {
    let columns = [
        "saga = 'buy_trip'",
        "version = 2",
        "phase = 'completed'",
        "phase = 'unheard_of'",
        "reasons = '[\"undecodable\"]'",
        "reasons = 'no JSON'",
        "wake_at = wake_at - 1",
        "undoable_until = 1",
        "progress = progress + 1",
        "deaths = 1",
        "created_at = 1",
        "updated_at = 1",
        "epoch = epoch + 1",
        "first_row = first_row + 1",
        "last_row = last_row - 1",
    ];
    for columns in columns {
        let place = Place::new();
        place.spoil(&format!("UPDATE stored_sagas SET {columns} WHERE id = 'broken'"));
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            is_found(&store, "broken").await;
            let summary = store.summary(&id("broken")).await;
            let Err(StoreError::Corrupt { detail, .. }) = summary else { panic!("{columns}: {summary:?}") };
            assert_eq!(detail, "saga broken: its row is not as it was written", "{columns}");
            let page = store.query(&Query::default()).await.expect("the others are listed");
            assert_eq!((page.sagas.len(), page.damaged.len()), (2, 1), "{columns}");
            assert_eq!(page.damaged[0].saga, "broken");
            let delivered = store.deliver(&id("broken"), cancel(), NOW).await;
            let Err(DeliverError::Store(StoreError::Corrupt { detail, .. })) = delivered else {
                panic!("{columns}: {delivered:?}")
            };
            assert!(detail.starts_with("saga broken: "), "{columns}: {detail}");
            let again = store.commit(worker, &[creation("broken")], NOW).await.expect("the store works");
            assert!(again[0].is_err(), "{columns}: {again:?}");
            goes_on(&store, worker, "whole").await;
        });
    }
}

#[test]
fn a_saga_whose_phase_this_build_does_not_know_is_listed_with_its_id() {
    let place = Place::new();
    let shell = Connection::open(&place.path).expect("it is a database");
    saga_sqlite::register_sum(&shell).expect("a function can be added");
    for (id, phase, reasons) in [("broken", "hibernating", "NULL"), ("whole", "waiting", "'[\"moonlight\"]'")]
    {
        let new = format!(
            "UPDATE stored_sagas SET phase = '{phase}', reasons = {reasons},
            sum = saga_sum(num, id, saga, version, '{phase}', {reasons}, wake_at, undoable_until, progress, deaths,
                created_at, updated_at, held, epoch, first_row, last_row) WHERE id = '{id}'"
        );
        assert_eq!(shell.execute(&new, []).expect("it can be written"), 1);
    }
    drop(shell);
    let store = SqliteStore::open(&place.path).expect("it can be opened");
    block_on(async {
        for limit in [0, 1] {
            let mut query = Query { limit, ..Query::default() };
            let (mut sagas, mut damaged) = (Vec::new(), Vec::new());
            loop {
                let page = store.query(&query).await.expect("it can be listed");
                sagas.extend(page.sagas.into_iter().map(|summary| summary.id));
                damaged.extend(page.damaged);
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(sagas, [id("whole"), id("running")]);
            assert_eq!(damaged.len(), 1);
            assert_eq!(damaged[0].saga, "broken");
            assert_eq!(damaged[0].why, "its phase is \"hibernating\", which this build does not know");
        }
    });
}

#[test]
fn what_the_file_keeps_for_its_workers_is_found_again_when_it_is_damaged() {
    for columns in ["tail = 100", "worker = 0", "last_num = 0", "worker = 77"] {
        let place = Place::new();
        place.spoil(&format!("UPDATE stored_meta SET {columns}, sum = sum + 1"));
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            assert!(worker.0 > 1, "no number is given twice");
            assert!(store.trouble().unwrap_or_default().contains("the numbers of the worker"), "{columns}");
            let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
            assert_eq!(claims.claimed.len(), 3, "{columns}: also what was running");
            assert_eq!(seqs(&store, "running").await, [0, 1, 2, 3]);
        });
    }
}

#[test]
fn a_list_of_what_is_held_that_is_damaged_forgets_nobody() {
    let place = Place::new();
    let shell = Connection::open(&place.path).expect("it is a database");
    saga_sqlite::register_sum(&shell).expect("a function can be added");
    // As if much had been written since the last append of `running`, and the list had a wrong number.
    let tail = "UPDATE stored_meta SET tail = 100, sum = saga_sum(only, worker, 100, last_num)";
    shell.execute(tail, []).expect("it can be written");
    let end = "UPDATE stored_sagas SET last_row = 12, sum = saga_sum(num, id, saga, version, phase, reasons, wake_at,
        undoable_until, progress, deaths, created_at, updated_at, held, epoch, first_row, 12) WHERE id = 'running'";
    shell.execute(end, []).expect("it can be written");
    shell.execute("INSERT INTO stored_claims VALUES (7, saga_sum(3))", []).expect("it can be written");
    drop(shell);
    let store = SqliteStore::open(&place.path).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        assert!(claims.claimed.iter().any(|claim| claim.saga == id("running")), "{claims:?}");
    });
}

#[test]
fn a_delivery_that_was_changed_is_put_aside_and_reaches_nobody() {
    for columns in ["num = 2", "num = 77", "at = at + 1", "body = replace(body, 'ann', 'bob')"] {
        let place = Place::new();
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            store.deliver(&id("broken"), cancel(), NOW).await.expect("a delivery is accepted");
            store.deliver(&id("whole"), cancel(), NOW).await.expect("a delivery is accepted");
        });
        drop(store);
        place.spoil(&format!("UPDATE stored_deliveries SET {columns} WHERE id = 1"));
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            assert!(store.undelivered(&id("broken")).await.expect("it can be read").is_empty(), "{columns}");
            assert_eq!(store.undelivered(&id("whole")).await.expect("it can be read").len(), 1, "{columns}");
            assert!(store.trouble().unwrap_or_default().contains("delivery 1: "), "{columns}");
            goes_on(&store, worker, "whole").await;
        });
        let shell = Connection::open(&place.path).expect("it is a database");
        let listed = "SELECT count(*) FROM inbox WHERE unreadable IS NOT NULL";
        assert_eq!(shell.query_row(listed, [], |row| row.get(0)), Ok(1), "{columns}: people see it");
    }
}

#[test]
fn a_purge_drops_no_row_of_another_saga() {
    for (table, columns, which, purged) in [
        ("stored_appends", "prev = 4", "id = 8", 0),
        ("stored_appends", "num = 1", "id = 6", 0),
        ("stored_appends", "prev = 5", "id = 8", 0),
        ("stored_sagas", "last_row = 4", "id = 'whole'", 0),
        ("stored_sagas", "phase = 'completed'", "id = 'broken'", 1),
    ] {
        let place = Place::new();
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        block_on(async {
            let worker = join(&store, "worker").await;
            let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
            let claim = claims.claimed.iter().find(|claim| claim.saga == id("whole")).expect("it is due");
            let end = Append {
                status: Some(status(Phase::Completed)),
                release: true,
                entries: vec![],
                ..step("whole", claim.epoch, 4, value(1))
            };
            commit(&store, worker, &end).await.expect("the store works");
        });
        place.spoil(&format!("UPDATE {table} SET {columns} WHERE {which}"));
        block_on(async {
            let purge = Purge { ended_before: Timestamp(NOW.0 + 1), undoable_too: true };
            assert_eq!(
                store.purge(purge, NOW).await.expect("it can be purged"),
                purged,
                "{table}: {columns}"
            );
        });
        let shell = Connection::open(&place.path).expect("it is a database");
        let others = "SELECT count(*) FROM stored_appends WHERE id BETWEEN 1 AND 4 OR id BETWEEN 9 AND 12";
        assert_eq!(shell.query_row(others, [], |row| row.get(0)), Ok(8), "{table}: {columns}");
        let sagas = "SELECT count(*) FROM stored_sagas WHERE id IN ('broken', 'running')";
        assert_eq!(shell.query_row(sagas, [], |row| row.get(0)), Ok(2), "{table}: {columns}");
    }
}

#[test]
fn damaged_sagas_do_not_stand_in_the_place_of_others() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        for n in 0..5 {
            let released = Append { status: Some(due()), release: true, ..creation(&format!("saga-{n}")) };
            commit(&store, worker, &released).await.expect("the store works");
        }
        spoil_all_but_the_last(&path);
        let one = saga_core::store::Wanted { limit: 1, ..wanted() };
        let mut claimed = Vec::new();
        for _ in 0..6 {
            let claims = store.claim(worker, &one, NOW).await.expect("the worker may claim");
            claimed.extend(claims.claimed.into_iter().map(|claim| claim.saga));
        }
        assert_eq!(claimed, [id("saga-4")]);
    });
}

fn spoil_all_but_the_last(path: &Path) {
    let shell = Connection::open(path).expect("it is a database");
    let spoil = "UPDATE stored_sagas SET progress = 9 WHERE id <> 'saga-4'";
    assert_eq!(shell.execute(spoil, []).expect("it can be written"), 4);
}

#[test]
fn the_views_show_the_others_beside_a_text_that_is_no_json() {
    let place = Place::new();
    place.spoil("UPDATE stored_appends SET body = 'no JSON' WHERE id = 2");
    place.spoil("UPDATE stored_sagas SET reasons = 'no JSON' WHERE id = 'broken'");
    let shell = Connection::open(&place.path).expect("it is a database");
    let all = |sql: &str| -> Vec<String> {
        let mut statement = shell.prepare(sql).expect("it is a view");
        let rows = statement.query_map([], |row| row.get(0)).expect("it can be read");
        rows.collect::<Result<_, _>>().expect("every row can be read")
    };
    let kinds = all("SELECT kind FROM journal WHERE saga = 'broken' ORDER BY seq");
    assert_eq!(kinds, ["scheduled", "unreadable", "value", "value"]);
    assert_eq!(all("SELECT kind FROM journal").len(), 12);
    assert_eq!(all("SELECT coalesce(reasons, 'none') FROM sagas"), ["unreadable", "none", "none"]);
    assert_eq!(all("SELECT id FROM dead_letters").len(), 0);
}

#[test]
fn a_reader_meets_no_end_of_a_journal_that_points_at_itself() {
    // The row is changed by hand with a right checksum: reading it must still terminate.
    let place = Place::new();
    let shell = Connection::open(&place.path).expect("it is a database");
    saga_sqlite::register_sum(&shell).expect("a function can be added");
    for (row, prev) in [(4, 4), (3, 4), (3, 7), (2, 0)] {
        let before: i64 = shell
            .query_row("SELECT prev FROM stored_appends WHERE id = ?1", [row], |row| row.get(0))
            .expect("it is there");
        let point = "UPDATE stored_appends SET prev = ?2, sum = saga_sum(id, num, seq, records, ?2, at, body) WHERE id = ?1";
        shell.execute(point, [row, prev]).expect("it can be written");
        let store = SqliteStore::open(&place.path).expect("it can be opened");
        let read = block_on(store.load(&id("broken"), 0, Seq::MAX as usize));
        let Err(StoreError::Corrupt { detail, .. }) = read else { panic!("{row} to {prev}: {read:?}") };
        assert!(detail.starts_with("saga broken: "), "{detail}");
        shell.execute(point, [row, before]).expect("it can be written");
        assert_eq!(block_on(seqs(&store, "broken")), [0, 1, 2, 3]);
    }
}

/// Flips a bit of the id in the row of a saga; the index keeps the right id.
fn flip_in_the_id(path: &Path, name: &str) {
    let mut bytes = std::fs::read(path).expect("it can be read");
    let row = format!("{name}book_trip");
    let at: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(row.as_bytes())).collect();
    assert_eq!(at.len(), 1, "the row is there once");
    bytes[at[0] + name.len() - 1] ^= 1;
    std::fs::write(path, bytes).expect("it can be written");
}

#[test]
fn s59_an_id_that_was_changed_in_its_row_is_not_free_and_the_others_go_on() {
    // `broken` becomes `brokeo`, and `trip-2` becomes the id of another saga.
    for (name, others) in [("broken", "trip-1"), ("trip-2", "trip-3")] {
        let dir = tempfile::tempdir().expect("a directory can be made");
        let path = dir.path().join("sagas.db");
        block_on(async {
            let store = SqliteStore::open(&path).expect("it can be opened");
            let worker = join(&store, "worker").await;
            for name in [name, others] {
                let release = Append { status: Some(due()), release: true, ..creation(name) };
                commit(&store, worker, &release).await.expect("the store works");
            }
        });
        flip_in_the_id(&path, name);
        for _ in 0..2 {
            let store = SqliteStore::open(&path).expect("it can be opened");
            block_on(async {
                let worker = join(&store, "worker").await;
                let read = store.load(&id(name), 0, 9).await;
                let Err(StoreError::Corrupt { detail, .. }) = read else { panic!("{name}: {read:?}") };
                assert!(detail.starts_with(&format!("saga {name}: ")), "{detail}");
                // No worker would take it.
                let told = store.deliver(&id(name), cancel(), NOW).await;
                let is_corrupt = matches!(&told, Err(DeliverError::Store(StoreError::Corrupt { .. })));
                assert!(is_corrupt, "{name}: {told:?}");
                let listed = store.summary(&id(name)).await;
                assert!(matches!(listed, Err(StoreError::Corrupt { .. })), "{name}: {listed:?}");
                let again = store.commit(worker, &[creation(name)], NOW).await;
                assert!(
                    !matches!(&again, Ok(answers) if answers[0].is_ok()),
                    "{name} was given again: {again:?}"
                );
                assert_eq!(seqs(&store, others).await, [0]);
                // An id that does not exist is known not to exist.
                assert_eq!(store.summary(&id("never")).await.expect("it is not there"), None);
                assert_eq!(seqs(&store, "never").await, [0; 0]);
                let page = store.query(&Query::default()).await.expect("it can be listed");
                assert_eq!((page.sagas.len(), page.damaged.len()), (1, 1));
            });
        }
    }
}
