//! The SQLite store of saga: the journals of all sagas in one file, driven by one worker process, readable by any
//! number of others and by any SQLite tool.
//!
//! ```
//! use saga_core::store::{Query, Store};
//! use saga_sqlite::SqliteStore;
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("trips.db");
//! # saga_core::conformance::block_on(async {
//! let store = SqliteStore::open(&path)?;
//! let sagas = store.query(&Query::default()).await?.sagas;
//! assert!(sagas.is_empty(), "the file was made just now");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is promised
//! What [`Store`](saga_core::store::Store) says, held by its conformance suite. Durable means: in SQLite's write-ahead
//! log, synced to the disk (`synchronous=FULL`, read back when the file is opened) before the answer is given. What
//! is handed in at once is written as one transaction, with one sync.
//!
//! A connection on which I/O has failed is not used again: after a sync that failed, it is unknown what is on the disk.
//! Before the next write the file is opened anew, and what was acknowledged has to be in it. The runtime repeats what
//! was not acknowledged.
//!
//! **One worker**: `join` takes a lock of the operating system on a file beside the database, `trips.db.lock`, and
//! refuses a second worker with [`Held`](saga_core::store::StoreError::Held), naming the process that has it. The
//! kernel releases the lock when that process dies, in whatever way: a restart goes on at once, no lease has to run
//! out, and `renew` has nothing to do. What the dead worker held counts as died. The lock file stays where it is. If
//! it is deleted, the worker takes it again within about 100 ms; should another one have been quicker, the first is
//! fenced: within each transaction it looks whether it is still the worker that joined last. The file must be on a
//! local disk: neither SQLite's write-ahead log nor the lock is to be trusted on a network file system.
//!
//! **Every other process** may open the file, read, and `deliver`; the worker sees a delivery of another process within
//! about 100 ms. A process that only reads may use [`SqliteStore::open_read_only`], which never writes, and sees a
//! worker that joins later, also in a directory that it may not write to.
//!
//! # Names
//! Symbolic links are followed: the log and the lock are beside the file itself. A file with two names (hard links) is
//! refused, because SQLite finds the log by the name, and two processes that use two names would write over each other. A
//! file that is deleted, renamed or replaced while it is open takes no more writes: they are
//! [`Unavailable`](saga_core::store::StoreError::Unavailable), the sagas wait, and go on when the file is back under
//! its name. If it does not come back, the process has to be restarted, with the file that there is.
//!
//! # Damage
//! Every row has a checksum (CRC-32), and each append is held against its neighbours as a journal is read. What a disk,
//! a copy or a hand has changed is [`Corrupt`](saga_core::store::StoreError::Corrupt), with the name of the saga, and
//! [`trouble`](saga_core::store::Store::trouble) lists it. The runtime dead-letters a saga with a damaged journal. A
//! saga with a damaged row of its own is listed as such ([`Page::damaged`](saga_core::store::Page::damaged)) and not
//! claimed. The others go on. Damage to SQLite's own pages is found by SQLite, if at all (`PRAGMA integrity_check`),
//! and may be an error of everything that needs the page.
//!
//! # The log
//! What is written goes into `trips.db-wal` first, and from there into the file when 4 MB have come together. A reader
//! that keeps an old state of the file, such as a shell with an open transaction, holds that up: the log then grows by
//! whatever is written, without bound. When it has more than 16 MiB and cannot be emptied, `trouble` says so, with its size
//! and since when. It is cut to 16 MiB once the reader has gone.
//!
//! # Backups
//! [`SqliteStore::backup`] writes a whole copy while the worker goes on. `trips.db` copied alone, without its log, lacks
//! what was written last: while a worker uses the file it says so in itself, and a copy that says so and has no log is
//! refused ([`OpenError::WithoutLog`]). SQLite's own ways to copy give a whole file that says so as well; it is told that
//! it is whole by hand:
//!
//! ```text
//! sqlite3 trips.db "VACUUM INTO 'copy.db'"
//! sqlite3 copy.db 'DELETE FROM stored_in_use'
//! ```
//!
//! A log that is deleted after a crash is noticed as well: while it has more than the file, the file itself says so. If
//! another program has moved the log into the file, as any that closes it last does, it says so no longer, and is opened.
//!
//! A power loss before the first commit of a log is acknowledged may leave an empty log. The file that the worker named
//! in `trips.db.lock` is opened with it. A log that was deleted after a crash is therefore noticed only until a reader
//! has opened the file, which leaves an empty log behind.
//!
//! Three missing logs are not noticed: one deleted beside a file that no worker uses, but another process has delivered
//! to; one deleted while a reader kept an old state; and one deleted while another program was moving the log, since
//! the log was last moved. One whole file is refused: the worker died within the few milliseconds in which it marks the
//! file (once for 4 MB of log), and another program has closed the file then.
//!
//! # What can be read without this crate
//! `sqlite3 trips.db 'select * from sagas'`. These views are part of the interface; the tables beneath
//! (`stored_…`) are not, and change from version to version. No view shows what was wrapped in
//! [`Redacted`](saga_core::Redacted); the tables hold it, as they must, unless the runtime's codec encrypts.
//!
//! | view | columns |
//! | --- | --- |
//! | `sagas` | `id`, `saga` (its type), `version`, `phase`, `reasons`, `created`, `updated`, `wake_at`, `undoable_until`, `deaths`, `held_by`, `deliveries` (how many wait) |
//! | `journal` | `saga` (the id), `seq`, `at`, `kind`, `site`, `body` (JSON, as [`Record`](saga_core::Record) says) |
//! | `dead_letters` | `id`, `saga`, `version`, `reasons`, `since`, `site`, `detail` |
//! | `inbox` | `id`, `saga` (the id), `at`, `kind`, `body`, `unreadable` (why it was put aside) |
//!
//! Times are UTC, as ISO 8601 text. The history of one saga:
//!
//! ```
//! # use saga_sqlite::SqliteStore;
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("trips.db");
//! # let _store = SqliteStore::open(&path)?;
//! let db = rusqlite::Connection::open(&path)?;
//! let mut history =
//!     db.prepare("SELECT seq, at, kind, site, body FROM journal WHERE saga = 'trip-42' ORDER BY seq")?;
//! assert_eq!(history.column_count(), 5);
//! assert!(history.query([])?.next()?.is_none(), "no trip is booked yet");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is stored
//! `PRAGMA application_id` is `0x53414741` ("SAGA"), `PRAGMA user_version` the version of the schema. An older file
//! is migrated when it is opened (version 1 was never released, and is refused); a newer one is refused and not touched.
//!
//! An append to a journal is one row of a table that only grows at its end. The row has the append's records as a JSON
//! array, and points at the previous append of the same saga. A saga has a row of its own, which its steps do not
//! change. A step therefore costs one insert and one sync, shared with whatever else is written at the time. After a
//! crash the end of the table shows how far each running saga got.
//!
//! One thread writes everything, with one exception. If nothing else waits and the disk answers within half a
//! millisecond, the calling thread writes its append itself: to hand it over and back would take as long again.

mod backup;
mod encode;
mod error;
mod file;
mod index;
mod lock;
mod options;
mod pool;
mod reader;
mod schema;
mod shared;
mod stats;
mod status;
mod stopwatch;
mod store;
mod sum;
mod writer;

pub use backup::BackupError;
pub use error::OpenError;
pub use options::Options;
pub use stats::Stats;
pub use store::SqliteStore;
#[doc(hidden)]
pub use sum::register as register_sum;
