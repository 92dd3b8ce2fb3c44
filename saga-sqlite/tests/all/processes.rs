//! Several processes on one file: one worker, with its name shown, and its death noticed at once.
//!
//! A test that needs a second process runs itself once more, with a path in its environment.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use crate::support::{
    LEASE, NOW, PASSED, PATH, again, cancel, commit, creation, id, join, seqs, step, value, wanted,
};
use saga_core::conformance::block_on;
use saga_core::store::{Store, StoreError};
use saga_sqlite::SqliteStore;

/// Another process that runs the same test.
struct Other {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Other {
    fn start(test: &str, path: &Path) -> Self {
        let mut child = again(test, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test can be run again");
        let said = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Other { child, said }
    }

    /// Waits for a line with this word.
    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert_ne!(
                self.said.read_line(&mut line).expect("its output is text"),
                0,
                "it ended without {word:?}"
            );
        }
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns the path if this is the other process.
fn as_other() -> Option<PathBuf> {
    std::env::var_os(PATH).map(PathBuf::from)
}

fn say(word: &str) {
    println!("{word}");
    std::io::stdout().flush().expect("somebody reads it");
}

/// Waits to be killed.
fn stay() -> ! {
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {}
    panic!("the test has ended, and left this process behind");
}

#[test]
fn a_second_worker_is_told_who_holds_the_file_and_follows_at_once_when_that_one_is_killed() {
    if let Some(path) = as_other() {
        let store = SqliteStore::open(path).expect("the file can be opened");
        block_on(async {
            let worker = join(&store, "first\nof two").await;
            let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
            for seq in 1..40 {
                commit(&store, worker, &step("a", epoch, seq, value(10))).await.expect("the store works");
            }
        });
        say("joined");
        stay();
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("the file can be opened");
    let mut other = Other::start(
        "processes::a_second_worker_is_told_who_holds_the_file_and_follows_at_once_when_that_one_is_killed",
        &path,
    );
    other.wait_for("joined");
    block_on(async {
        let refused = store.join("second", LEASE, NOW).await;
        let Err(StoreError::Held { holder }) = refused else { panic!("{refused:?}") };
        assert_eq!(holder, format!("process {} (worker first\\nof two)", other.child.id()));

        // A process that is not the worker can still read and deliver.
        assert_eq!(seqs(&store, "a").await, (0..40).collect::<Vec<_>>());
        store.deliver(&id("a"), cancel(), NOW).await.expect("a delivery is accepted");

        let killed = other.child.id();
        other.kill();
        let worker = join(&store, "second").await;
        let claims = store.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        assert_eq!((&claims.claimed[0].saga, claims.claimed[0].status.deaths), (&id("a"), 1));
        assert_eq!(store.inbox(worker).await.expect("the inbox can be read").len(), 1);
        assert_eq!(seqs(&store, "a").await, (0..40).collect::<Vec<_>>(), "all that {killed} wrote");
        let next = step("a", claims.claimed[0].epoch, 40, value(10));
        commit(&store, worker, &next).await.expect("the journal goes on");
    });
}

#[test]
fn a_delivery_by_another_process_wakes_the_worker() {
    if let Some(path) = as_other() {
        let store = SqliteStore::open(path).expect("the file can be opened");
        block_on(store.deliver(&id("a"), cancel(), NOW)).expect("a delivery is accepted");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("the file can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("a")).await.expect("the store works");
        let mut other = Other::start("processes::a_delivery_by_another_process_wakes_the_worker", &path);
        while store.inbox(worker).await.expect("the inbox can be read").is_empty() {
            // This hangs if the delivery is never seen.
            store.wait_for_work(worker).await.expect("the store is open");
        }
        assert!(other.child.wait().expect("it ends").success());
    });
}

#[test]
fn many_may_open_a_new_file_at_the_same_moment() {
    if let Some(path) = as_other() {
        let store = SqliteStore::open(path).expect("the file can be opened");
        assert_eq!(block_on(store.summary(&id("a"))).expect("it can be read"), None);
        return;
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    for round in 0..3 {
        let path = dir.path().join(format!("{round}.db"));
        let mut others: Vec<Other> = (0..6)
            .map(|_| Other::start("processes::many_may_open_a_new_file_at_the_same_moment", &path))
            .collect();
        for other in &mut others {
            other.wait_for(PASSED);
            assert!(other.child.wait().expect("it ends").success());
        }
    }
}
