//! The views for operators: they show everything except secrets.

use std::path::Path;

use crate::support::{self, NOW, commit, creation, entry, id, join, status, step, value};
use rusqlite::{Connection, OpenFlags};
use saga_core::conformance::{block_on, records};
use saga_core::store::{Append, Status, Store};
use saga_core::{Phase, Reason, Record, Timestamp, Undoable};
use saga_sqlite::SqliteStore;
use serde_json::Value;

type Texts = Vec<Vec<Option<String>>>;

/// Queries the file, as any SQLite tool would.
fn ask(path: &Path, question: &str) -> Texts {
    let shell =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it is a database");
    let mut statement = shell.prepare(question).expect("the views have these columns");
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let text = |n| {
            Ok(match row.get_ref(n)? {
                rusqlite::types::ValueRef::Null => None,
                rusqlite::types::ValueRef::Integer(number) => Some(number.to_string()),
                value => Some(value.as_str()?.to_owned()),
            })
        };
        (0..columns).map(text).collect()
    });
    rows.and_then(Iterator::collect).expect("the question has an answer")
}

fn row(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
}

/// Replaces secrets by what may be shown.
fn without_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Object(payload)) = fields.get_mut("$payload") {
                payload.remove("secrets");
            }
            fields.values_mut().for_each(without_secrets);
        }
        Value::Array(values) => values.iter_mut().for_each(without_secrets),
        _ => {}
    }
}

/// Returns the kind of a record, and the rest of it without secrets.
fn shown(thing: &impl serde::Serialize) -> (String, Option<Value>) {
    match serde_json::to_value(thing).expect("it has a JSON form") {
        Value::String(kind) => (kind, None),
        Value::Object(fields) => {
            let (kind, mut body) = fields.into_iter().next().expect("it has a kind");
            without_secrets(&mut body);
            (kind, Some(body))
        }
        other => panic!("{other}"),
    }
}

fn parsed(text: Option<&String>) -> Option<Value> {
    text.map(|text| serde_json::from_str(text).expect("a body is JSON"))
}

#[test]
fn the_journal_shows_every_kind_of_record_and_no_secret() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("it can be opened");
    let written = records::every_record();
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("other")).await.expect("the store works");
        let first = Append { entries: vec![entry(0, written[0].clone())], ..creation("trip-42") };
        let epoch = commit(&store, worker, &first).await.expect("the store works");
        let entries =
            (1..).zip(&written[1..]).map(|(seq, record)| entry(seq, record.clone())).collect::<Vec<_>>();
        for some in entries.chunks(5) {
            let append = Append { entries: some.to_vec(), ..step("trip-42", epoch, 0, value(0)) };
            commit(&store, worker, &append).await.expect("the store works");
        }
        commit(&store, worker, &creation("later")).await.expect("the store works");
    });
    for held in [true, false] {
        let rows = ask(&path, "SELECT * FROM journal WHERE saga = 'trip-42' ORDER BY seq");
        assert_eq!(rows.len(), written.len());
        for ((seq, record), row) in written.iter().enumerate().zip(&rows) {
            let (kind, body) = shown(record);
            assert_eq!(row[..3], self::row(&["trip-42", &seq.to_string(), "2026-11-21T00:00:00.000Z"]));
            assert_eq!(
                (row[3].as_deref(), parsed(row[5].as_ref())),
                (Some(&*kind), body.clone()),
                "record {seq}"
            );
            let site = body.as_ref().and_then(|b| b.get("site")).and_then(Value::as_str);
            assert_eq!(row[4].as_deref(), site, "record {seq}");
        }
        assert!(!format!("{rows:?}").contains(records::SECRET));
        let raw = format!("{:?}", ask(&path, "SELECT body FROM stored_appends"));
        assert!(raw.contains(records::SECRET), "there was a secret to hide");
        let all = ask(&path, "SELECT saga, count(*) FROM journal GROUP BY saga ORDER BY saga");
        assert_eq!(
            all,
            [row(&["later", "1"]), row(&["other", "1"]), row(&["trip-42", &written.len().to_string()])]
        );
        if held {
            // The same holds once it is released.
            block_on(async {
                let worker_of = store.stats();
                assert!(worker_of.records > 0);
                let shell = Connection::open(&path).expect("it is a database");
                let last = "UPDATE stored_sagas SET held = 0,
                    last_row = (SELECT max(id) FROM stored_appends a WHERE a.num = stored_sagas.num)";
                assert_eq!(shell.execute(last, []).expect("it can be written"), 3);
            });
        }
    }
}

#[test]
fn the_inbox_shows_every_kind_of_delivery_and_no_secret() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("it can be opened");
    let sent = records::every_delivery();
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("trip-42")).await.expect("the store works");
        for delivery in &sent {
            store
                .deliver(&id("trip-42"), delivery.clone(), Timestamp(NOW.0 + 1))
                .await
                .expect("it is accepted");
        }
    });
    let rows = ask(&path, "SELECT id, saga, at, unreadable, kind, body FROM inbox ORDER BY id");
    assert_eq!(rows.len(), sent.len());
    for ((number, delivery), row) in (1..).zip(&sent).zip(&rows) {
        let number: u64 = number;
        assert_eq!(row[..4], self::row(&[&number.to_string(), "trip-42", "2026-11-21T00:00:00.001Z", ""]));
        assert_eq!((row[4].clone().unwrap_or_default(), parsed(row[5].as_ref())), shown(delivery));
    }
    assert!(!format!("{rows:?}").contains(records::SECRET));
    assert!(format!("{:?}", ask(&path, "SELECT body FROM stored_deliveries")).contains(records::SECRET));
}

/// Makes a running saga, a waiting one, an ended one, and a dead letter.
async fn one_of_each(store: &SqliteStore) {
    let worker = join(store, "blue").await;
    commit(store, worker, &creation("runs")).await.expect("the store works");
    let waits = Status { wake_at: Some(Timestamp(NOW.0 + 60_500)), deaths: 1, ..status(Phase::Waiting) };
    let ended = Status { undoable: Undoable::Always, ..status(Phase::Completed) };
    for (name, status) in [("waits", waits), ("ended", ended)] {
        let append = Append { status: Some(status), release: true, ..creation(name) };
        commit(store, worker, &append).await.expect("the store works");
    }
    let epoch = commit(store, worker, &creation("stuck")).await.expect("the store works");
    let reasons = vec![Reason::CompensationFailed, Reason::InDoubt];
    let dead = Status { reasons, undoable: Undoable::Until(NOW), ..status(Phase::DeadLettered) };
    let stuck = |detail: &str| Record::Blocked {
        site: "charge_card".into(),
        role: saga_core::Role::Do,
        reason: Reason::InDoubt,
        detail: detail.to_owned(),
    };
    let entries =
        vec![entry(1, stuck("at first")), entry(2, stuck("no answer")), entry(3, Record::DeadLettered)];
    let append = Append { entries, status: Some(dead), release: true, ..step("stuck", epoch, 0, value(0)) };
    commit(store, worker, &append).await.expect("the store works");
    store.deliver(&id("stuck"), support::cancel(), NOW).await.expect("it is accepted");
}

#[test]
fn sagas_and_dead_letters_are_shown_in_words() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("it can be opened");
    block_on(one_of_each(&store));
    let at = "2026-11-21T00:00:00.000Z";
    let held_by = format!("process {} (worker blue)", std::process::id());
    let columns = "id, saga, version, phase, reasons, created, updated, wake_at, undoable_until, deaths, held_by, deliveries";
    let sagas = ask(&path, &format!("SELECT {columns} FROM sagas"));
    assert_eq!(
        sagas,
        [
            row(&["runs", "book_trip", "1", "running", "", at, at, "", "", "0", &held_by, "0"]),
            row(&[
                "waits",
                "book_trip",
                "1",
                "waiting",
                "",
                at,
                at,
                "2026-11-21T00:01:00.500Z",
                "",
                "1",
                "",
                "0"
            ]),
            row(&["ended", "book_trip", "1", "completed", "", at, at, "", "without limit", "0", "", "0"]),
            row(&[
                "stuck",
                "book_trip",
                "1",
                "dead_lettered",
                "compensation_failed, in_doubt",
                at,
                at,
                "",
                at,
                "0",
                "",
                "1"
            ]),
        ]
    );
    assert_eq!(ask(&path, "SELECT * FROM sagas"), sagas, "the columns are these, in this order");
    let dead = ask(&path, "SELECT * FROM dead_letters");
    assert_eq!(
        dead,
        [row(&["stuck", "book_trip", "1", "compensation_failed, in_doubt", at, "charge_card", "no answer"])]
    );
}

#[test]
fn views_cannot_be_written_to() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    drop(SqliteStore::open(&path).expect("it can be opened"));
    let shell = Connection::open(&path).expect("it is a database");
    for view in ["sagas", "journal", "dead_letters", "inbox"] {
        let refused = shell.execute(&format!("DELETE FROM {view}"), []).expect_err("a view is no table");
        assert!(refused.to_string().contains("because it is a view"), "{refused}");
    }
}
