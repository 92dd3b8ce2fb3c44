//! Shared code of the tests of files and processes: a worker at a store, and records to write.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use saga_core::machine::Delivery;
use saga_core::store::{Append, Status, Store, StoreError, Wanted, WorkerId};
use saga_core::{By, Entry, Epoch, Payload, Phase, Record, SagaId, Seq, SitePath, Timestamp};
use saga_sqlite::SqliteStore;

pub(crate) const LEASE: Duration = Duration::from_secs(10);
pub(crate) const NOW: Timestamp = Timestamp(1_795_219_200_000);

pub(crate) fn id(name: &str) -> SagaId {
    SagaId::new(name).expect("the tests' ids are valid")
}

pub(crate) async fn join(store: &SqliteStore, name: &str) -> WorkerId {
    store.join(name, LEASE, NOW).await.expect("the store has no worker")
}

pub(crate) fn status(phase: Phase) -> Status {
    Status {
        saga: "book_trip".into(),
        version: 1,
        phase,
        wake_at: None,
        reasons: vec![],
        progress: 1,
        deaths: 0,
        undoable: saga_core::Undoable::No,
    }
}

pub(crate) fn entry(seq: Seq, record: Record) -> Entry {
    Entry { seq, at: NOW, record }
}

pub(crate) fn scheduled() -> Record {
    Record::Scheduled {
        saga: "book_trip".into(),
        version: 1,
        input: Payload::null(),
        deadline: None,
        key_namespace: None,
        session: None,
    }
}

/// Returns a record of about so many bytes.
pub(crate) fn value(bytes: usize) -> Record {
    let value = Payload::encode(&"x".repeat(bytes)).expect("text has a JSON form");
    Record::Value { site: SitePath::from("now"), what: "now".into(), value }
}

pub(crate) fn creation(name: &str) -> Append {
    Append {
        next: None,
        saga: id(name),
        epoch: None,
        entries: vec![entry(0, scheduled())],
        status: Some(status(Phase::Running)),
        taken: vec![],
        release: false,
    }
}

pub(crate) fn step(name: &str, epoch: Epoch, seq: Seq, record: Record) -> Append {
    let entries = vec![entry(seq, record)];
    Append {
        next: None,
        saga: id(name),
        epoch: Some(epoch),
        entries,
        status: None,
        taken: vec![],
        release: false,
    }
}

pub(crate) async fn commit(
    store: &SqliteStore,
    worker: WorkerId,
    append: &Append,
) -> Result<Epoch, StoreError> {
    let answers = store.commit(worker, std::slice::from_ref(append), NOW).await?;
    Ok(answers.into_iter().next().expect("an append has an answer").expect("the append is right"))
}

pub(crate) fn wanted() -> Wanted {
    Wanted {
        sagas: vec!["book_trip".into()],
        limit: 100,
        suspects: saga_core::store::Suspects::ONE,
        unreadable: vec![],
        only: None,
    }
}

pub(crate) fn cancel() -> Delivery {
    Delivery::Cancel { by: By::new("ann", "changed her mind") }
}

pub(crate) async fn seqs(store: &SqliteStore, name: &str) -> Vec<Seq> {
    let journal = store.load(&id(name), 0, usize::MAX).await.expect("the journal can be read");
    journal.iter().map(|entry| entry.seq).collect()
}

/// Where the path is for the process that runs a test once more.
pub(crate) const PATH: &str = "SAGA_SQLITE_TEST_PATH";

/// What a process says that has run the one test.
pub(crate) const PASSED: &str = "test result: ok. 1 passed";

/// Returns a command that runs a test, named with its module, once more as a process of its own.
pub(crate) fn again(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test has a file"));
    command.args([test, "--exact", "--nocapture"]).env(PATH, path);
    command
}
