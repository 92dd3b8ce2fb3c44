//! Scenario 60 of `docs/scenarios.md`: the file has two names, is deleted, renamed or replaced, copied without its log,
//! or held open by a slow reader. Every acknowledged write is kept, and no two workers write.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::support::{LEASE, NOW, cancel, commit, creation, id, join, seqs, status, step, value, wanted};
use rusqlite::Connection;
use saga_core::conformance::block_on;
use saga_core::store::{Append, DeliverError, Purge, Status, Store, StoreError};
use saga_core::{Phase, Timestamp};
use saga_sqlite::{BackupError, OpenError, Options, SqliteStore};
use saga_vfs::{Disk, File, Kind};
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("the file can be opened")
}

/// Copies the files as a killed process leaves them.
fn killed(path: &Path, to: &Path) {
    for end in ["", "-wal", "-shm", ".lock"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        match fs::copy(name(path), name(to)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
}

/// Waits until that holds; fails if it does not within a minute.
#[expect(clippy::disallowed_methods, reason = "a test may not hang")]
fn comes(holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it does not come");
        std::thread::yield_now();
    }
}

#[test]
fn s60_a_symbolic_link_leads_to_the_store() {
    let dir = directory();
    let (real, link) = (dir.path().join("data/real.db"), dir.path().join("link.db"));
    fs::create_dir(dir.path().join("data")).expect("it can be made");
    symlink("data/real.db", &link).expect("it can be made");
    block_on(async {
        // The file is new: the target of the link does not exist yet.
        let store = open(&link);
        let worker = join(&store, "first").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        // The file is in use, by its other names and by the link.
        for path in [&link, &real] {
            let other = open(path);
            let held = other.join("second", LEASE, NOW).await;
            assert!(matches!(held, Err(StoreError::Held { .. })), "{held:?}");
            assert_eq!(seqs(&other, "a").await, [0]);
            let reader = SqliteStore::open_read_only(path).expect("it can be read");
            assert_eq!(seqs(&reader, "a").await, [0]);
        }
        commit(&store, worker, &step("a", epoch, 1, value(10))).await.expect("the store works");
        // After a kill.
        let copy = dir.path().join("copy.db");
        killed(&real, &copy);
        fs::remove_file(&link).expect("it is there");
        symlink(&copy, &link).expect("it can be made");
        let next = open(&link);
        join(&next, "next").await;
        assert_eq!(seqs(&next, "a").await, [0, 1]);
    });
}

#[test]
fn s60_a_file_with_two_names_is_refused() {
    let dir = directory();
    let (path, other) = (dir.path().join("sagas.db"), dir.path().join("other.db"));
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("a")).await.expect("the store works");
        fs::hard_link(&path, &other).expect("it can be made");
        for path in [&path, &other] {
            for refused in [SqliteStore::open(path), SqliteStore::open_read_only(path)] {
                let error = refused.expect_err("it has two names");
                assert!(matches!(error, OpenError::ManyNames { names: 2, .. }), "{error}");
            }
        }
        // The first worker continues, and reports the trouble.
        commit(&store, worker, &creation("b")).await.expect("the store works");
        comes(|| store.trouble().is_some_and(|trouble| trouble.contains("has 2 names")));
        fs::remove_file(&other).expect("it is there");
        drop(store);
        assert_eq!(seqs(&open(&path), "b").await, [0]);
    });
}

/// The lock file is deleted. Either the first worker takes the lock again, and the next is refused, or the first is
/// fenced.
#[test]
fn s60_a_lock_that_is_deleted_admits_no_second_worker_beside_the_first() {
    for round in 0..20 {
        let dir = directory();
        let path = dir.path().join("sagas.db");
        let (first, second) = (open(&path), open(&path));
        block_on(async {
            let one = join(&first, "first").await;
            let epoch = commit(&first, one, &creation("a")).await.expect("the store works");
            fs::remove_file(dir.path().join("sagas.db.lock")).expect("it is there");
            if round % 2 == 1 {
                // The first worker checks the lock at intervals.
                comes(|| dir.path().join("sagas.db.lock").exists());
            }
            match second.join("second", LEASE, NOW).await {
                Err(StoreError::Held { .. }) => {
                    commit(&first, one, &step("a", epoch, 1, value(1))).await.expect("it is the only one");
                }
                Ok(two) => {
                    assert_eq!(round % 2, 0, "the lock was taken again");
                    let claims = second.claim(two, &wanted(), NOW).await.expect("the worker may claim");
                    assert_eq!(claims.claimed.len(), 1);
                    let late = commit(&first, one, &step("a", epoch, 1, value(1))).await;
                    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
                    let created = commit(&first, one, &creation("b")).await;
                    assert!(matches!(created, Err(StoreError::LeaseLost)), "{created:?}");
                    let claimed = first.claim(one, &wanted(), NOW).await;
                    assert!(matches!(claimed, Err(StoreError::LeaseLost)), "{claimed:?}");
                    let next = step("a", claims.claimed[0].epoch, 1, value(1));
                    commit(&second, two, &next).await.expect("it is the only one");
                    let again = first.join("first", LEASE, NOW).await;
                    assert!(matches!(again, Err(StoreError::Held { .. })), "{again:?}");
                }
                Err(other) => panic!("{other}"),
            }
            assert_eq!(seqs(&second, "a").await, [0, 1]);
        });
    }
}

/// A write to a deleted file is not acknowledged, whatever SQLite answers; the store continues when the file is back.
#[test]
fn s60_a_file_that_is_gone_makes_sagas_wait() {
    type Gone = fn(&Path, &Path);
    let ways: [(&str, Gone, Gone); 3] = [
        (
            "deleted or renamed",
            |path, aside| fs::rename(path, aside).expect("it is there"),
            |path, aside| fs::rename(aside, path).expect("it is there"),
        ),
        (
            "replaced",
            |path, aside| {
                fs::rename(path, aside).expect("it is there");
                fs::write(path, "another").expect("it can be written");
            },
            |path, aside| fs::rename(aside, path).expect("it is there"),
        ),
        (
            "deleted or renamed",
            |path, aside| {
                let directory = path.parent().expect("it has one");
                fs::rename(directory, aside).expect("it is there");
            },
            |path, aside| {
                let directory = path.parent().expect("it has one");
                fs::rename(aside, directory).expect("it is there");
            },
        ),
    ];
    for (word, goes, comes) in ways {
        let dir = directory();
        let home = dir.path().join("home");
        fs::create_dir(&home).expect("it can be made");
        let (path, aside) = (home.join("sagas.db"), dir.path().join("aside"));
        let store = open(&path);
        block_on(async {
            let worker = join(&store, "worker").await;
            let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
            goes(&path, &aside);
            for _ in 0..3 {
                for append in [step("a", epoch, 1, value(10)), creation("b")] {
                    let told = commit(&store, worker, &append).await.expect_err("the file is gone");
                    assert!(told.is_transient() && told.to_string().contains(word), "{told}");
                }
                let told = store.deliver(&id("a"), cancel(), NOW).await;
                assert!(
                    matches!(&told, Err(DeliverError::Store(StoreError::Unavailable { .. }))),
                    "{told:?}"
                );
            }
            let trouble = store.trouble().expect("it is gone");
            assert!(trouble.contains(word), "{trouble}");
            comes(&path, &aside);
            for append in [step("a", epoch, 1, value(10)), creation("b")] {
                commit(&store, worker, &append).await.expect("it is back");
            }
            commit(&store, worker, &step("a", epoch, 2, value(10))).await.expect("it is back");
            drop(store);
            let store = open(&path);
            assert_eq!(seqs(&store, "a").await, [0, 1, 2], "all that was acknowledged");
            assert_eq!(seqs(&store, "b").await, [0]);
        });
    }
}

#[test]
fn s60_a_copy_without_its_log_is_known_as_one() {
    let dir = directory();
    let (path, copy) = (dir.path().join("sagas.db"), dir.path().join("copy.db"));
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        for name in ["a", "b", "c"] {
            commit(&store, worker, &creation(name)).await.expect("the store works");
        }
        fs::copy(&path, &copy).expect("it can be copied");
        for refused in [SqliteStore::open(&copy), SqliteStore::open_read_only(&copy)] {
            let error = refused.expect_err("what was written last is missing");
            assert!(matches!(error, OpenError::WithoutLog { .. }), "{error}");
            assert!(error.to_string().contains("its write-ahead log is not beside it"), "{error}");
        }
        // A copy with its log is complete, and so is a copy of a file that was closed properly.
        fs::copy(dir.path().join("sagas.db-wal"), dir.path().join("copy.db-wal")).expect("it can be copied");
        assert_eq!(seqs(&open(&copy), "c").await, [0]);
        drop(store);
        let closed = dir.path().join("closed.db");
        fs::copy(&path, &closed).expect("it can be copied");
        assert_eq!(seqs(&open(&closed), "c").await, [0]);
    });
}

/// After a crash any program may open the file, which moves the log into it on closing.
#[test]
fn s60_a_log_that_another_program_has_moved_into_the_file_is_not_missing() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        commit(&store, worker, &creation("a")).await.expect("the store works");
    });
    // The file must be the same one, as after a kill; so the copy takes its place.
    let aside = dir.path().join("aside.db");
    killed(&path, &aside);
    drop(store);
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("it is there"));
    let lock = dir.path().join("aside.db.lock");
    let text = fs::read_to_string(&lock).expect("it is text");
    fs::write(&lock, text.replace(&inode(&path).to_string(), &inode(&aside).to_string()))
        .expect("it can be written");
    let shell = Connection::open(&aside).expect("it is a database");
    let sagas: i64 =
        shell.query_row("SELECT count(*) FROM sagas", [], |row| row.get(0)).expect("it can be read");
    drop(shell);
    assert!(sagas == 1 && !dir.path().join("aside.db-wal").exists());
    assert_eq!(block_on(seqs(&open(&aside), "a")), [0]);
}

#[test]
fn s60_a_backup_is_whole_and_made_while_the_worker_writes() {
    let dir = directory();
    let (path, copy) = (dir.path().join("sagas.db"), dir.path().join("copy.db"));
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        commit(&store, worker, &step("a", epoch, 1, value(10))).await.expect("the store works");
        store.deliver(&id("a"), cancel(), NOW).await.expect("a delivery is accepted");
        store.backup(&copy).await.expect("it can be copied");
        commit(&store, worker, &step("a", epoch, 2, value(10))).await.expect("the store works");
        let again = store.backup(&copy).await;
        assert!(matches!(again, Err(BackupError::Exists { .. })), "{again:?}");
        let nowhere = store.backup(dir.path().join("no/where.db")).await;
        assert!(matches!(nowhere, Err(BackupError::Store(_))), "{nowhere:?}");

        let backup = open(&copy);
        let worker = join(&backup, "restored").await;
        assert_eq!(seqs(&backup, "a").await, [0, 1], "as it was at that moment");
        let claims = backup.claim(worker, &wanted(), NOW).await.expect("the worker may claim");
        assert_eq!(claims.claimed.len(), 1);
        assert_eq!(backup.undelivered(&id("a")).await.expect("it can be read").len(), 1);
        let next = step("a", claims.claimed[0].epoch, 2, value(10));
        commit(&backup, worker, &next).await.expect("it goes on by itself");

        // A copy by hand.
        let by_hand = dir.path().join("by_hand.db");
        let shell = Connection::open(&path).expect("it is a database");
        let into = format!("VACUUM INTO '{}'", by_hand.display());
        shell.execute_batch(&into).expect("it can be copied");
        let error = SqliteStore::open(&by_hand).expect_err("nobody has said that it is whole");
        assert!(matches!(error, OpenError::WithoutLog { .. }), "{error}");
        let copy = Connection::open(&by_hand).expect("it is a database");
        copy.execute("DELETE FROM stored_in_use", []).expect("it can be written");
        drop(copy);
        assert_eq!(seqs(&open(&by_hand), "a").await, [0, 1, 2]);
    });
}

#[test]
fn s60_a_reader_sees_a_file_that_has_taken_the_place_of_another() {
    let dir = directory();
    let (path, copy) = (dir.path().join("sagas.db"), dir.path().join("copy.db"));
    block_on(async {
        for (path, names) in [(&path, &["a"][..]), (&copy, &["a", "b"])] {
            let store = open(path);
            let worker = join(&store, "worker").await;
            for name in names {
                commit(&store, worker, &creation(name)).await.expect("the store works");
            }
        }
        let reader = SqliteStore::open_read_only(&path).expect("it can be read");
        assert_eq!((seqs(&reader, "a").await, seqs(&reader, "b").await), (vec![0], vec![]));
        fs::rename(&copy, &path).expect("it is there");
        assert_eq!((seqs(&reader, "a").await, seqs(&reader, "b").await), (vec![0], vec![0]));
        let writer = open(&path);
        let worker = join(&writer, "worker").await;
        commit(&writer, worker, &creation("c")).await.expect("the store works");
        assert_eq!(seqs(&reader, "c").await, [0]);
    });
}

#[test]
fn s60_a_reader_that_keeps_an_old_state_is_a_trouble_until_it_ends() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let shell = Connection::open(&path).expect("it is a database");
        shell.execute_batch("BEGIN; SELECT count(*) FROM sagas").expect("it can be read");
        for seq in 1..24 {
            commit(&store, worker, &step("a", epoch, seq, value(1 << 20))).await.expect("the store works");
        }
        let is_told = |trouble: &str| {
            trouble.contains("sagas.db-wal has 2") && trouble.contains("cannot be emptied for")
        };
        comes(|| store.trouble().is_some_and(|trouble| is_told(&trouble)));
        shell.execute_batch("COMMIT").expect("it was begun");
        let mut seq = 24;
        while store.trouble().is_some() {
            commit(&store, worker, &step("a", epoch, seq, value(1 << 14))).await.expect("the store works");
            seq += 1;
            assert!(seq < 10_000, "the trouble does not end");
        }
        let log = fs::metadata(dir.path().join("sagas.db-wal")).expect("it is there").len();
        assert!(log <= 17 << 20, "{log}");
    });
}

/// Blocks the next sync of the log until the test releases it.
#[derive(Default)]
struct Gate(Mutex<Option<(Sender<()>, Receiver<()>)>>);

impl Disk for Gate {
    fn sync(&self, file: File<'_>) -> Result<(), saga_vfs::Trouble> {
        if file.kind == Kind::Wal
            && let Some((reached, goes_on)) = self.0.lock().expect("no test panics with it").take()
        {
            reached.send(()).expect("the test waits");
            goes_on.recv().expect("the test goes on");
        }
        Ok(())
    }
}

/// A commit in flight is not visible to readers, and does not block them from reading earlier commits.
#[test]
fn what_is_on_its_way_to_the_disk_is_not_read_yet() {
    let dir = directory();
    let gate = Arc::new(Gate::default());
    saga_vfs::register("gate", gate.clone()).expect("the name is free");
    let store = Options::default().vfs("gate").open(dir.path().join("sagas.db")).expect("it can be opened");
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let (reached, is_reached) = channel();
        let (go_on, goes_on) = channel();
        *gate.0.lock().expect("nobody panics with it") = Some((reached, goes_on));
        let append = step("a", epoch, 1, value(10));
        std::thread::scope(|scope| {
            let written = scope.spawn(|| block_on(commit(&store, worker, &append)));
            is_reached.recv().expect("it is written");
            assert_eq!(block_on(seqs(&store, "a")), [0], "not what may never be durable");
            go_on.send(()).expect("it waits");
            written.join().expect("no panic").expect("the store works");
        });
        assert_eq!(seqs(&store, "a").await, [0, 1]);
    });
}

/// Numbers are not reused after a purge: a cached journal is never mistaken for another saga's.
#[test]
fn the_number_of_a_saga_that_was_purged_is_not_given_again() {
    let dir = directory();
    let path = dir.path().join("sagas.db");
    let reader = {
        let store = open(&path);
        block_on(async {
            let worker = join(&store, "worker").await;
            let epoch = commit(&store, worker, &creation("old")).await.expect("the store works");
            for seq in 1..100 {
                commit(&store, worker, &step("old", epoch, seq, value(1))).await.expect("the store works");
            }
            let ended = Some(status(Phase::Completed));
            let last = Append { status: ended, release: true, ..step("old", epoch, 100, value(1)) };
            commit(&store, worker, &last).await.expect("the store works");
            let reader = SqliteStore::open_read_only(&path).expect("it can be read");
            assert_eq!(seqs(&reader, "old").await.len(), 101, "and its way is remembered");
            let purge = Purge { ended_before: Timestamp(NOW.0 + 1), undoable_too: false };
            assert_eq!(store.purge(purge, NOW).await.expect("it can be purged"), 1);
            reader
        })
    };
    let store = open(&path);
    block_on(async {
        let worker = join(&store, "next").await;
        let epoch = commit(&store, worker, &creation("new")).await.expect("the store works");
        for seq in 1..120 {
            commit(&store, worker, &step("new", epoch, seq, value(1))).await.expect("the store works");
        }
        let release = Append {
            release: true,
            status: Some(Status { ..status(Phase::Waiting) }),
            entries: vec![],
            ..step("new", epoch, 0, value(1))
        };
        commit(&store, worker, &release).await.expect("the store works");
        assert_eq!(seqs(&reader, "new").await, (0..120).collect::<Vec<_>>());
        let shell = Connection::open(&path).expect("it is a database");
        let number = "SELECT num FROM stored_sagas WHERE id = 'new'";
        assert_eq!(shell.query_row(number, [], |row| row.get(0)), Ok(2));
    });
}
