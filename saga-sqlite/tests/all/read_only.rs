//! Files and directories that this user may not write to. Root may write everywhere; as root, the test runs itself once
//! more as another user.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{NOW, PASSED, PATH, again, commit, creation, join, seqs, step, value};
use saga_core::conformance::block_on;
use saga_core::store::{Append, Store, StoreError};
use saga_sqlite::{OpenError, SqliteStore};

const NOBODY: u32 = 65534;

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

/// Runs `check` as a user other than root.
fn unprivileged(test: &str, path: &Path, check: impl FnOnce(&Path)) {
    if fs::metadata(path).expect("it is there").uid() != 0 {
        return check(path);
    }
    let ran = again(test, path).uid(NOBODY).gid(NOBODY).output().expect("the test can be run again");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains(PASSED), "as another user: {}\n{said}", ran.status);
}

/// Returns a store with two records of saga `a`, closed properly.
fn store_in(dir: &Path) -> PathBuf {
    let path = dir.join("sagas.db");
    let store = SqliteStore::open(&path).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let last = Append { release: true, ..step("a", epoch, 1, value(10)) };
        commit(&store, worker, &last).await.expect("the store works");
    });
    path
}

fn is_read_only(path: &Path) {
    let error = SqliteStore::open(path).expect_err("it cannot be written to");
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("read-only"), "{error}");
    assert!(matches!(StoreError::from(error), StoreError::ReadOnly { .. }));
    let store = SqliteStore::open_read_only(path).expect("it can be read");
    assert_eq!(block_on(seqs(&store, "a")), [0, 1]);
}

#[test]
fn a_file_that_is_read_only_can_be_read() {
    if let Some(path) = std::env::var_os(PATH) {
        return is_read_only(Path::new(&path));
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = store_in(dir.path());
    let before = fs::read(&path).expect("it can be read");
    allow(&path, 0o444);
    allow(dir.path(), 0o555);
    unprivileged("read_only::a_file_that_is_read_only_can_be_read", &path, is_read_only);
    allow(dir.path(), 0o755);
    allow(&path, 0o644);
    assert!(fs::read(&path).expect("it can be read") == before, "the file was changed");
    let store = SqliteStore::open(&path).expect("it can be written again");
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("b")).await.expect("the store works");
    });
}

fn cannot_log(path: &Path) {
    let store = SqliteStore::open(path);
    let error = match &store {
        Err(error) => error.to_string(),
        Ok(store) => block_on(store.join("worker", crate::support::LEASE, NOW))
            .expect_err("nothing can be written")
            .to_string(),
    };
    assert!(store.is_err(), "{error}");
    assert!(error.contains("read-only") || error.contains("unable to open"), "{error}");
}

#[test]
fn a_directory_that_is_read_only_is_found_when_the_file_is_opened() {
    if let Some(path) = std::env::var_os(PATH) {
        return cannot_log(Path::new(&path));
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = store_in(dir.path());
    allow(&path, 0o666);
    allow(dir.path(), 0o555);
    unprivileged(
        "read_only::a_directory_that_is_read_only_is_found_when_the_file_is_opened",
        &path,
        cannot_log,
    );
    allow(dir.path(), 0o755);
}

/// Reads the sagas named on standard input, until it ends.
fn reads_on(path: &Path) {
    let store = SqliteStore::open_read_only(path).expect("it can be read");
    for line in std::io::stdin().lines() {
        let name = line.expect("it is text");
        println!("{name} has {:?}", block_on(seqs(&store, &name)));
    }
}

/// Such a reader cannot take part in SQLite's locking, and reads the file without locks.
#[test]
fn s60_a_reader_in_a_directory_that_it_cannot_write_to_sees_a_worker_that_comes() {
    if let Some(path) = std::env::var_os(PATH) {
        return reads_on(Path::new(&path));
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let path = store_in(dir.path());
    allow(&path, 0o644);
    allow(dir.path(), 0o755);
    if fs::metadata(&path).expect("it is there").uid() != 0 {
        // This user can write there, so the case does not arise.
        return;
    }
    let test = "read_only::s60_a_reader_in_a_directory_that_it_cannot_write_to_sees_a_worker_that_comes";
    let mut reader = again(test, &path)
        .uid(NOBODY)
        .gid(NOBODY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test can be run again");
    let mut asks = reader.stdin.take().expect("its input is a pipe");
    let mut says = BufReader::new(reader.stdout.take().expect("its output is a pipe")).lines();
    let mut ask = |name: &str| {
        writeln!(asks, "{name}").expect("it reads");
        let said = says.by_ref().map(|line| line.expect("it is text"));
        said.into_iter().find(|line| line.contains(&format!("{name} has"))).expect("it answers")
    };
    assert!(ask("a").ends_with("a has [0, 1]"));
    assert!(ask("b").ends_with("b has []"));
    let store = SqliteStore::open(&path).expect("it can be written");
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("b")).await.expect("the store works");
        assert!(ask("b").ends_with("b has [0]"), "what the worker has written");
        commit(&store, worker, &creation("c")).await.expect("the store works");
        assert!(ask("c").ends_with("c has [0]"), "and goes on to write");
    });
    drop(store);
    assert!(ask("c").ends_with("c has [0]"), "when it has gone, too");
    drop(asks);
    assert!(reader.wait().expect("it ends").success());
}
