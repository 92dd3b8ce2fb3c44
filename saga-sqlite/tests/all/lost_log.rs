//! Scenario 60 of `docs/scenarios.md`: a write-ahead log that is deleted after a crash, or was not copied, is missed if
//! it had any content. A complete file is opened. A process may die at any operation of the disk.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::{NOW, cancel, commit, creation, id, join, seqs, step, value};
use rusqlite::Connection;
use saga_core::conformance::block_on;
use saga_core::store::Store;
use saga_sqlite::{OpenError, Options, SqliteStore};
use saga_vfs::{Disk, File, Trouble, Written};
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

fn beside(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// Copies the files as the death of a process leaves them. The copies look like the same files.
fn left(path: &Path, to: &Path) {
    for end in ["", "-wal", ".lock"] {
        let to = beside(to, end);
        drop(fs::remove_file(&to));
        match fs::copy(beside(path, end), to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
    drop(fs::remove_file(beside(to, "-shm")));
    let inode = |path: &Path| fs::metadata(path).expect("it is there").ino().to_string();
    if let Ok(text) = fs::read_to_string(beside(to, ".lock")) {
        fs::write(beside(to, ".lock"), text.replace(&inode(path), &inode(to))).expect("it can be written");
    }
}

fn is_without_log(opened: &Result<SqliteStore, OpenError>) -> bool {
    matches!(opened, Err(OpenError::WithoutLog { .. }))
}

/// Checks that the file misses its log, however often a worker opens it, and is complete with it.
fn misses_its_log(path: &Path, sagas: &[&str], what: &str) {
    let dir = directory();
    let copy = dir.path().join("sagas.db");
    left(path, &copy);
    assert_eq!(
        block_on(has(&SqliteStore::open(&copy).expect("it has its log"), sagas)),
        sagas.len(),
        "{what}"
    );
    left(path, &copy);
    fs::remove_file(beside(&copy, "-wal")).expect("it was there");
    for _ in 0..2 {
        let opened = SqliteStore::open(&copy);
        assert!(is_without_log(&opened), "{what}: {opened:?}");
    }
    // This leaves an empty log behind.
    let opened = SqliteStore::open_read_only(&copy);
    assert!(is_without_log(&opened), "{what}: {opened:?}");
}

/// Returns how many of these sagas are there.
async fn has(store: &SqliteStore, sagas: &[&str]) -> usize {
    let mut found = 0;
    for saga in sagas {
        found += usize::from(!seqs(store, saga).await.is_empty());
    }
    found
}

/// Waits for the next tick of the file system's clock: times of files are no finer.
fn next_tick(path: &Path) {
    let before = fs::metadata(path).expect("it is there").modified().expect("it has a time");
    let probe = beside(path, ".probe");
    loop {
        fs::write(&probe, "x").expect("it can be written");
        if fs::metadata(&probe).expect("it is there").modified().expect("it has a time") > before {
            return;
        }
    }
}

#[test]
fn s60_a_log_that_is_deleted_after_a_crash_is_missed() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = SqliteStore::open(&path).expect("the file can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        misses_its_log(&path, &["a"], "what was written first is in the log");
        // More than the log may have before it is moved into the file.
        for seq in 1..6 {
            commit(&store, worker, &step("a", epoch, seq, value(1 << 20))).await.expect("the store works");
        }
        let moved = fs::metadata(&path).expect("it is there").len();
        assert!(moved > 4 << 20, "the log was moved: {moved}");
        commit(&store, worker, &creation("b")).await.expect("the store works");
        misses_its_log(&path, &["a", "b"], "after the log was moved");
        for seq in 6..20 {
            commit(&store, worker, &step("a", epoch, seq, value(1 << 20))).await.expect("the store works");
        }
        let log = fs::metadata(beside(&path, "-wal")).expect("it is there").len();
        assert!(log < 7 << 20, "the log is reused, and does not grow: {log}");
        for how in ["PASSIVE", "RESTART", "TRUNCATE"] {
            next_tick(&path);
            let shell = Connection::open(&path).expect("it is a database");
            shell
                .query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))
                .expect("it can be moved");
            commit(&store, worker, &creation(how)).await.expect("the store works");
            misses_its_log(&path, &["a", "b", how], &format!("after {how} by another program"));
        }
        // Another process's deliveries are marked with the worker's next write.
        next_tick(&path);
        let other = SqliteStore::open(&path).expect("the file can be opened");
        other.deliver(&id("a"), cancel(), NOW).await.expect("a delivery is accepted");
        drop(other);
        commit(&store, worker, &creation("c")).await.expect("the store works");
        misses_its_log(&path, &["a", "b", "c"], "after a delivery");
    });
}

/// The last connection to close the file moves the log into it: nothing is missing then.
#[test]
fn s60_a_file_whose_log_was_moved_into_it_by_whatever_program_is_opened() {
    let dir = directory();
    let (path, copy) = (dir.path().join("sagas.db"), dir.path().join("copy.db"));
    let store = SqliteStore::open(&path).expect("the file can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("a")).await.expect("the store works");
        left(&path, &copy);
        let shell = Connection::open(&copy).expect("it is a database");
        shell
            .query_row("SELECT count(*) FROM sagas", [], |row| row.get::<_, i64>(0))
            .expect("it can be read");
        drop(shell);
        assert!(!beside(&copy, "-wal").exists());
        assert_eq!(has(&SqliteStore::open(&copy).expect("it is whole"), &["a"]).await, 1);
        // Another process opens it without being a worker, and closes it again.
        left(&path, &copy);
        drop(SqliteStore::open(&copy).expect("it is whole"));
        assert!(!beside(&copy, "-wal").exists());
        assert_eq!(has(&SqliteStore::open(&copy).expect("it is whole"), &["a"]).await, 1);
    });
}

/// A process that dies before each operation of the disk, simulated by the files that it leaves.
struct Dies {
    path: PathBuf,
    copies: PathBuf,
    number: AtomicUsize,
    /// The number of acknowledged commits.
    acknowledged: AtomicUsize,
    begun: AtomicBool,
}

impl Dies {
    fn leave(&self) {
        if self.begun.load(Ordering::Relaxed) {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            let acknowledged = self.acknowledged.load(Ordering::Relaxed);
            left(&self.path, &self.copies.join(format!("{number}-{acknowledged}.db")));
        }
    }
}

impl Disk for Dies {
    fn write(&self, _: File<'_>, _: u64, _: &[u8]) -> Written {
        self.leave();
        Written::Whole
    }

    fn sync(&self, _: File<'_>) -> Result<(), Trouble> {
        self.leave();
        Ok(())
    }

    fn truncate(&self, _: File<'_>, _: u64) -> Result<(), Trouble> {
        self.leave();
        Ok(())
    }
}

#[test]
fn s60_wherever_a_process_dies_its_file_is_whole_or_misses_its_log() {
    let (dir, copies) = (directory(), directory());
    let path = dir.path().join("sagas.db");
    let dies = Arc::new(Dies {
        path: path.clone(),
        copies: copies.path().to_owned(),
        number: AtomicUsize::new(0),
        acknowledged: AtomicUsize::new(0),
        begun: AtomicBool::new(false),
    });
    saga_vfs::register("dies", dies.clone()).expect("the name is free");
    let names = ["a", "b", "c", "d"];
    let store = Options::default().vfs("dies").open(&path).expect("it can be opened");
    block_on(async {
        dies.begun.store(true, Ordering::Relaxed);
        let worker = join(&store, "worker").await;
        for (number, name) in names.into_iter().enumerate() {
            if number % 2 == 1 {
                next_tick(&path);
                let shell = Connection::open(&path).expect("it is a database");
                let how = if number % 3 == 0 { "PASSIVE" } else { "TRUNCATE" };
                let moves = format!("PRAGMA wal_checkpoint({how})");
                shell.query_row(&moves, [], |_| Ok(())).expect("it can be moved");
            }
            commit(&store, worker, &creation(name)).await.expect("the store works");
            dies.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        dies.begun.store(false, Ordering::Relaxed);
    });
    let (mut points, mut missed) = (0, 0);
    let probe = directory();
    let file = probe.path().join("sagas.db");
    for copy in fs::read_dir(copies.path()).expect("it is there") {
        let copy = copy.expect("it can be read").path();
        let Some(stem) = copy.file_name().and_then(|name| name.to_str()?.strip_suffix(".db")) else {
            continue;
        };
        let acknowledged: usize =
            stem.split('-').nth(1).expect("it has two numbers").parse().expect("a number");
        let acknowledged = &names[..acknowledged];
        points += 1;
        left(&copy, &file);
        let opened = SqliteStore::open(&file).unwrap_or_else(|error| panic!("{stem}: {error}"));
        assert_eq!(block_on(has(&opened, acknowledged)), acknowledged.len(), "{stem}");
        drop(opened);
        assert!(SqliteStore::open(&file).is_ok(), "{stem}: it was closed by this crate");
        // The log is deleted.
        left(&copy, &file);
        drop(fs::remove_file(beside(&file, "-wal")));
        let opened = SqliteStore::open(&file);
        missed += usize::from(is_without_log(&opened));
        if let Ok(store) = &opened {
            assert_eq!(block_on(has(store, acknowledged)), acknowledged.len(), "{stem}: without a word");
        }
        drop(opened);
        // Another program opens it.
        left(&copy, &file);
        let shell = Connection::open(&file).expect("it is a database");
        let says = "SELECT max(log) FROM stored_in_use";
        let is_being_marked: Option<bool> =
            shell.query_row(says, [], |row| row.get(0)).expect("it can be read");
        drop(shell);
        let opened = SqliteStore::open(&file);
        assert_eq!(is_without_log(&opened), is_being_marked == Some(true), "{stem}: {opened:?}");
    }
    assert!(points > 40 && missed > 20, "{points} points, {missed} times the log was missed");
}
