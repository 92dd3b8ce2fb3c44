//! Opening the file: what it is, which version it has, how it is brought up to date, and whether SQLite will do with
//! it what durability needs. A file that is refused is not changed.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::OpenError;
use crate::file::{Inode, beside, names};
use crate::{lock, sum};

/// "SAGA".
const APPLICATION_ID: i32 = 0x5341_4741;

/// What makes the next version of each, from [`OLDEST`] on; the first is applied to an empty file.
const MIGRATIONS: &[&str] = &[
    concat!(include_str!("schema/3_tables.sql"), include_str!("schema/3_views.sql")),
    include_str!("schema/4_keys.sql"),
];

/// The first version that is read. Version 1, without checksums, was never released.
const OLDEST: u32 = 3;

/// The version that this build reads and writes.
pub(crate) const VERSION: u32 = OLDEST + MIGRATIONS.len() as u32 - 1;

/// The size of a page in every file that this crate makes.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// The size above which the log should have been moved into the file. SQLite truncates the log to it when it restarts
/// the log.
pub(crate) const LOG_BYTES_MAX: u64 = 16 << 20;

/// How often a busy file is tried again where SQLite does not wait by itself, every 10 ms.
const BUSY_TRIES_MAX: u32 = 300;

/// How a file is opened.
#[derive(Debug, Clone)]
pub(crate) struct How {
    pub(crate) busy_timeout: Duration,
    /// The file grows to no more pages.
    pub(crate) pages_max: Option<u32>,
    /// The VFS, if it is not the platform's own.
    pub(crate) vfs: Option<String>,
}

impl How {
    fn connect(&self, path: impl AsRef<Path>, flags: OpenFlags) -> rusqlite::Result<Connection> {
        match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
            None => Connection::open_with_flags(path, flags),
        }
    }
}

/// Opens the file for writing, makes it if there is none, and brings it up to date.
pub(crate) fn open(path: &Path, how: &How) -> Result<Connection, OpenError> {
    open_if(path, how, Some(has_log(path)))
}

/// Opens a file that this process has open already, with its log in place: another program may have emptied the log
/// before the file could be marked whole.
pub(crate) fn open_again(path: &Path, how: &How) -> Result<Connection, OpenError> {
    open_if(path, how, None)
}

/// Returns true if a log is beside the file, an empty one too: opening the file makes one.
fn has_log(path: &Path) -> bool {
    beside(path, "-wal").exists()
}

/// Opens a file that exists. `had_log`: whether a log was beside it before; `None` if a missing log is no error.
fn open_if(path: &Path, how: &How, had_log: Option<bool>) -> Result<Connection, OpenError> {
    not_cut_off(path)?;
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = how.connect(path, flags).map_err(sql)?;
    connection.busy_timeout(how.busy_timeout).map_err(sql)?;
    if connection.is_readonly("main").map_err(sql)? {
        let detail = "the file cannot be written to".to_owned();
        return Err(OpenError::ReadOnly { path: path.to_owned(), detail });
    }
    sum::register(&connection).map_err(sql)?;
    keep_log(&connection, true).map_err(sql)?;
    let version = version(path, &connection, had_log).inspect_err(|error| {
        if matches!(error, OpenError::WithoutLog { .. }) {
            // The file does not exist. Where this fails, an empty one is left behind.
            drop(keep_log(&connection, false));
        }
    })?;
    make_durable(path, &connection)?;
    if version < VERSION {
        migrate(&mut connection).map_err(sql)?;
        // A file that is copied without its log is known for a store.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(sql)?;
    }
    if let Some(pages) = how.pages_max {
        connection.pragma_update(None, "max_page_count", pages).map_err(sql)?;
    }
    keep_statements(&connection).map_err(sql)?;
    Ok(connection)
}

/// Statements are kept, and planned once. Without saying so SQLite plans many a join anew each time that a value is
/// bound, which takes longer than the rest of it.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Opens a file that is there and up to date, only to read it.
///
/// A file that was closed properly, in a directory that cannot be written to, is read as an unchanging file, and true
/// is returned with it: later writes to it are not seen. SQLite cannot make the files beside it by which readers and
/// writers agree, and no process that may write has made them.
pub(crate) fn open_read_only(path: &Path, how: &How) -> Result<(Connection, bool), OpenError> {
    if !path.exists() {
        return Err(OpenError::NoFile { path: path.to_owned() });
    }
    not_cut_off(path)?;
    let had_log = has_log(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = how.connect(path, flags).map_err(|e| OpenError::of(path, &e));
    let opened = opened.and_then(|connection| up_to_date(path, connection, how, had_log));
    match opened.map(|connection| (connection, false)) {
        Err(OpenError::Failed { .. } | OpenError::ReadOnly { .. }) if !beside(path, "-wal").exists() => {
            let as_it_lies = uri(path, "immutable=1");
            let connection = how.connect(as_it_lies, flags | OpenFlags::SQLITE_OPEN_URI);
            let connection = connection.map_err(|e| OpenError::of(path, &e))?;
            up_to_date(path, connection, how, had_log).map(|connection| (connection, true))
        }
        opened => opened,
    }
}

fn up_to_date(
    path: &Path,
    connection: Connection,
    how: &How,
    had_log: bool,
) -> Result<Connection, OpenError> {
    connection.busy_timeout(how.busy_timeout).map_err(|e| OpenError::of(path, &e))?;
    keep_statements(&connection).map_err(|e| OpenError::of(path, &e))?;
    sum::register(&connection).map_err(|e| OpenError::of(path, &e))?;
    match version(path, &connection, Some(had_log))? {
        VERSION => Ok(connection),
        0 => Err(OpenError::NotAStore { path: path.to_owned(), detail: "the database is empty".to_owned() }),
        found => Err(OpenError::Older { path: path.to_owned(), found, known: VERSION }),
    }
}

/// Returns the path as SQLite's URIs have it.
fn uri(path: &Path, query: &str) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            // Writing to a `String` does not fail.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri + "?" + query
}

/// Refuses a file without one whole page: SQLite takes it for an empty one, and would write over it. (The file is not
/// opened for that: closing it again would drop the locks that SQLite has on it in this process.)
fn not_cut_off(path: &Path) -> Result<(), OpenError> {
    match std::fs::metadata(path) {
        // The power failed while the file was made: SQLite rolls it back by the journal beside it.
        Ok(_) if std::fs::metadata(beside(path, "-journal")).is_ok_and(|journal| journal.len() > 0) => Ok(()),
        Ok(file) if file.is_file() && (1..PAGE_BYTES).contains(&file.len()) => {
            let detail = format!("it has {} bytes, less than one page", file.len());
            Err(OpenError::NotAStore { path: path.to_owned(), detail })
        }
        Ok(file) if file.is_file() && names(&file) > 1 => {
            Err(OpenError::ManyNames { path: path.to_owned(), names: names(&file) })
        }
        _ => Ok(()),
    }
}

/// Returns true if the write-ahead log of a file is missing. An empty log proves nothing: a reader of a file without its
/// log makes one.
fn has_lost_log(path: &Path, connection: &Connection, had_log: bool) -> rusqlite::Result<bool> {
    let says_log = says_log(connection)?;
    if std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Ok(false);
    }
    // No worker used a file that says nothing when it was last written to.
    let Some(has_more) = says_log else { return Ok(false) };
    // The file that the worker named is not a copy: another program has moved the log into it since, or the power went
    // before the log had a name on the disk, or while its first commit was not acknowledged, which leaves an empty one.
    let is_named = || std::fs::metadata(path).is_ok_and(|file| lock::has_named(path, Inode::of(&file)));
    Ok((has_more && !had_log) || !is_named())
}

/// Returns what a file in use says: true if its log has more than it. `None` if no worker uses it.
pub(crate) fn says_log(connection: &Connection) -> rusqlite::Result<Option<bool>> {
    let says = "SELECT max(log) FROM stored_in_use";
    connection.query_row(says, [], |row| row.get(0))
}

/// Has the connection leave the log where it is when it is closed, as the last one or not; or move it into the file.
pub(crate) fn keep_log(connection: &Connection, keeps: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps).map(drop)
}

/// Returns the schema version of a file that is ours or empty.
fn version(path: &Path, connection: &Connection, had_log: Option<bool>) -> Result<u32, OpenError> {
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    // One look: another process may be making the file at this moment.
    let connection = connection.unchecked_transaction().map_err(sql)?;
    let pragma =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(sql);
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION_ID {
        let found = u32::try_from(version).unwrap_or(0);
        return match found {
            _ if found < OLDEST => Err(OpenError::TooOld { path: path.to_owned(), found, oldest: OLDEST }),
            _ if found > VERSION => Err(OpenError::Newer { path: path.to_owned(), found, known: VERSION }),
            _ if is_cut_off(path, &connection).map_err(sql)? => {
                Err(OpenError::NotAStore { path: path.to_owned(), detail: "its end is missing".to_owned() })
            }
            _ if had_log
                .map_or(Ok(false), |had_log| has_lost_log(path, &connection, had_log))
                .map_err(sql)? =>
            {
                Err(OpenError::WithoutLog { path: path.to_owned() })
            }
            found => Ok(found),
        };
    }
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(sql)?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    let detail = format!("it is a SQLite database of another application (application_id {application:#x})");
    Err(OpenError::NotAStore { path: path.to_owned(), detail })
}

/// Returns true if the file has fewer pages than it says. While there is a write-ahead log, they may be in that.
fn is_cut_off(path: &Path, connection: &Connection) -> rusqlite::Result<bool> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let pages = connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))?;
    let bytes = connection.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0))?;
    Ok(length(&beside(path, "-wal")) == 0 && length(path) < (pages * bytes).cast_unsigned())
}

/// Sets a write-ahead log, and a sync of it at every commit; both are read back.
fn make_durable(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    // Has an effect only on a file that is empty.
    connection.pragma_update(None, "page_size", PAGE_BYTES.cast_signed()).map_err(sql)?;
    let mode = write_ahead(connection).map_err(sql)?;
    // On macOS an ordinary sync leaves the data in the disk's cache.
    let settings = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;";
    connection.execute_batch(settings).map_err(sql)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX.cast_signed()).map_err(sql)?;
    let level = synchronous(connection).map_err(sql)?;
    let wrong = match (mode.as_str(), level) {
        ("wal", 2) => return Ok(()),
        ("wal", level) => format!("`synchronous` is {level}, not 2"),
        (mode, _) => format!("`journal_mode` is {mode}, not wal"),
    };
    Err(OpenError::NotDurable { path: path.to_owned(), detail: wrong })
}

/// Sets the journal mode. Where another process does the same at this moment, SQLite gives up at once instead of
/// waiting.
fn write_ahead(connection: &Connection) -> rusqlite::Result<String> {
    let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let mut tries = 0;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", mode) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < BUSY_TRIES_MAX =>
            {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

/// Returns what `PRAGMA synchronous` says: 2 is FULL.
pub(crate) fn synchronous(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "synchronous", |row| row.get(0))
}

/// Migrates one step at a time, each whole or not at all. Another process may be doing the same.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let next = OLDEST.max(version + 1);
        let Some(migration) = MIGRATIONS.get((next - OLDEST) as usize) else { return Ok(()) };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

    use super::*;

    const HOW: How = How { busy_timeout: Duration::from_secs(1), pages_max: None, vfs: None };

    #[test]
    fn what_durability_needs_is_on_for_every_connection_that_writes() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let connection = open(&dir.path().join("a.db"), &HOW).unwrap();
            assert_eq!(synchronous(&connection), Ok(2), "FULL");
            let mode: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[test]
    fn a_connection_that_would_not_be_durable_is_refused() {
        // A database in memory has no write-ahead log.
        let refused = make_durable(Path::new("x.db"), &Connection::open_in_memory().unwrap());
        let refused = refused.unwrap_err().to_string();
        assert_eq!(refused, "x.db would not be durable: `journal_mode` is memory, not wal");
    }

    /// As would do a SQLite that was built without it, or a layer that knows better.
    #[test]
    fn what_syncs_less_than_it_is_told_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(dir.path().join("x.db")).unwrap();
        connection.pragma_update(None, "synchronous", "normal").unwrap();
        let turns_a_deaf_ear = |cx: AuthContext<'_>| match cx.action {
            AuthAction::Pragma { pragma_name: "synchronous", pragma_value: Some(_) } => Authorization::Ignore,
            _ => Authorization::Allow,
        };
        connection.authorizer(Some(turns_a_deaf_ear)).unwrap();
        let refused = make_durable(Path::new("x.db"), &connection).unwrap_err().to_string();
        assert_eq!(refused, "x.db would not be durable: `synchronous` is 1, not 2");
    }

    #[test]
    fn a_path_of_any_letters_is_a_uri() {
        assert_eq!(uri(Path::new("/a b/ü?#%.db"), "x=1"), "file:/a%20b/%C3%BC%3F%23%25.db?x=1");
    }
}
