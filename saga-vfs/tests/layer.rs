//! What a disk decides is what SQLite meets; and what it lets through is as without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use saga_vfs::{Disk, File, Kind, SyncMeter, Trouble, Written, register};
use tempfile::TempDir;

/// Does one thing wrong, with the write-ahead log, once it is switched on.
#[derive(Default)]
struct Bad {
    on: AtomicBool,
    write: Option<Written>,
    sync: Option<Trouble>,
    read: Option<Trouble>,
}

impl Bad {
    fn hits(&self, file: File<'_>) -> bool {
        file.kind == Kind::Wal && self.on.load(Ordering::Relaxed)
    }
}

impl Disk for Bad {
    fn write(&self, file: File<'_>, _offset: u64, _bytes: &[u8]) -> Written {
        self.write.filter(|_| self.hits(file)).unwrap_or(Written::Whole)
    }

    fn sync(&self, file: File<'_>) -> Result<(), Trouble> {
        self.sync.filter(|_| self.hits(file)).map_or(Ok(()), Err)
    }

    fn read(&self, file: File<'_>, _offset: u64, _length: usize) -> Result<(), Trouble> {
        self.read.filter(|_| self.hits(file)).map_or(Ok(()), Err)
    }
}

fn open(dir: &TempDir, layer: &str) -> Connection {
    let path = dir.path().join("a.db");
    let db =
        Connection::open_with_flags_and_vfs(path, OpenFlags::default(), layer).expect("it can be opened");
    db.pragma_update(None, "journal_mode", "wal").expect("it is a file");
    db.execute_batch("PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS t (x)")
        .expect("it can be written");
    db
}

/// The rows that are in the files as they lie there: a copy is opened, as after a crash.
fn count(dir: &TempDir) -> i64 {
    let copy = tempfile::tempdir().expect("a directory can be made");
    for name in ["a.db", "a.db-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).expect("it is there");
    }
    let db = Connection::open(copy.path().join("a.db")).expect("it is there");
    db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("it can be read")
}

/// Returns what a commit says on that disk, and how many rows there are after a crash at that moment.
fn commit_on(name: &str, disk: Bad) -> (Result<usize, ErrorCode>, i64) {
    let (dir, disk) = (tempfile::tempdir().expect("a directory can be made"), Arc::new(disk));
    register(name, disk.clone()).expect("the name is free");
    let db = open(&dir, name);
    db.execute("INSERT INTO t VALUES (1)", []).expect("it is not switched on");
    disk.on.store(true, Ordering::Relaxed);
    let told = db.execute("INSERT INTO t VALUES (2)", []);
    (told.map_err(|e| e.sqlite_error_code().expect("SQLite says so")), count(&dir))
}

#[test]
fn a_sync_that_fails_is_told() {
    let disk = Bad { sync: Some(Trouble::Io), ..Bad::default() };
    // What was not synced may be there all the same.
    assert_eq!(commit_on("bad-sync", disk), (Err(ErrorCode::SystemIoFailure), 2));
}

#[test]
fn a_full_disk_is_told_and_nothing_of_the_commit_is_there() {
    let disk = Bad { write: Some(Written::Short(7, Trouble::Full)), ..Bad::default() };
    assert_eq!(commit_on("full", disk), (Err(ErrorCode::DiskFull), 1));
}

#[test]
fn a_torn_write_is_taken_for_whole_and_found_by_who_reads_it() {
    let disk = Bad { write: Some(Written::Torn(20)), ..Bad::default() };
    // The writer believes that its row is there.
    assert_eq!(commit_on("torn", disk), (Ok(1), 1));
}

#[test]
fn a_read_that_fails_is_told() {
    let (dir, disk) =
        (tempfile::tempdir().unwrap(), Arc::new(Bad { read: Some(Trouble::Io), ..Bad::default() }));
    register("bad-read", disk.clone()).expect("the name is free");
    let first = open(&dir, "bad-read");
    first.execute("INSERT INTO t VALUES (1)", []).unwrap();
    disk.on.store(true, Ordering::Relaxed);
    // Another connection begins with an empty cache.
    let second = Connection::open_with_flags_and_vfs(
        dir.path().join("a.db"),
        OpenFlags::SQLITE_OPEN_READ_WRITE,
        "bad-read",
    );
    let told = second.and_then(|db| db.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)));
    assert_eq!(told.unwrap_err().sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
    drop(first);
}

#[test]
fn syncs_are_counted_one_for_a_commit() {
    let (dir, meter) = (tempfile::tempdir().unwrap(), Arc::new(SyncMeter::default()));
    register("meter", meter.clone()).expect("the name is free");
    let db = open(&dir, "meter");
    let before = meter.syncs();
    for n in 0..10 {
        db.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
    }
    assert_eq!(meter.syncs() - before, 10);
    assert_eq!(count(&dir), 10);
}

#[test]
fn a_name_is_given_once() {
    let disk = || Arc::new(SyncMeter::default());
    register("once", disk()).expect("the name is free");
    let told = register("once", disk()).expect_err("it is taken").to_string();
    assert_eq!(told, "`once` cannot be the name of a layer: it is taken, or holds a zero byte");
}
