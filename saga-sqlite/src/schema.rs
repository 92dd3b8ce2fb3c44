//! Opening the file: what it is, which version it has, how it is brought up to date, and whether SQLite will do with
//! it what durability needs. A file that is refused is not changed.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::OpenError;

/// "SAGA".
const APPLICATION_ID: i32 = 0x5341_4741;

/// What makes version n + 1 of version n; the first is applied to an empty file.
const MIGRATIONS: &[&str] =
    &[concat!(include_str!("schema/1_tables.sql"), include_str!("schema/1_views.sql"))];

/// The version that this build reads and writes.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// How often a busy file is tried again where SQLite does not wait by itself, every 10 ms.
const BUSY_TRIES_MAX: u32 = 300;

/// How a file is opened.
#[derive(Debug, Clone)]
pub(crate) struct How {
    pub(crate) busy_timeout: Duration,
    /// The file grows to no more pages.
    pub(crate) pages_max: Option<u32>,
}

/// Opens the file for writing, makes it if there is none, and brings it up to date.
pub(crate) fn open(path: &Path, how: &How) -> Result<Connection, OpenError> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty() && !d.is_dir()) {
        return Err(OpenError::NoDirectory { path: path.to_owned(), directory: directory.to_owned() });
    }
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    connection.busy_timeout(how.busy_timeout).map_err(sql)?;
    let version = version(path, &connection)?;
    if connection.is_readonly("main").map_err(sql)? {
        let detail = "the file or its directory cannot be written to".to_owned();
        return Err(OpenError::ReadOnly { path: path.to_owned(), detail });
    }
    make_durable(path, &connection)?;
    if version < VERSION {
        migrate(&mut connection).map_err(sql)?;
    }
    if let Some(pages) = how.pages_max {
        connection.pragma_update(None, "max_page_count", pages).map_err(sql)?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a file that is there and up to date, only to read it.
pub(crate) fn open_read_only(path: &Path, how: &How) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::NoFile { path: path.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags).map_err(|e| OpenError::of(path, &e))?;
        connection.busy_timeout(how.busy_timeout).map_err(|e| OpenError::of(path, &e))?;
        connection.set_prepared_statement_cache_capacity(64);
        let found = version(path, &connection)?;
        Ok((connection, found))
    };
    let (connection, found) = open()?;
    match found {
        VERSION => Ok(connection),
        0 => Err(OpenError::NotAStore { path: path.to_owned(), detail: "the database is empty".to_owned() }),
        found => Err(OpenError::Older { path: path.to_owned(), found, known: VERSION }),
    }
}

/// The schema version of a file that is ours or empty.
fn version(path: &Path, connection: &Connection) -> Result<u32, OpenError> {
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    let pragma =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(sql);
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION_ID {
        let found = u32::try_from(version).unwrap_or(0);
        return match found {
            _ if found > VERSION => Err(OpenError::Newer { path: path.to_owned(), found, known: VERSION }),
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

/// Write-ahead log, and a sync of it at every commit; both are read back.
fn make_durable(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let sql = |error: rusqlite::Error| OpenError::of(path, &error);
    let mode = write_ahead(connection).map_err(sql)?;
    // On macOS an ordinary sync leaves the data in the disk's cache.
    let settings = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;";
    connection.execute_batch(settings).map_err(sql)?;
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

/// What `PRAGMA synchronous` says: 2 is FULL.
pub(crate) fn synchronous(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "synchronous", |row| row.get(0))
}

/// One step at a time, each whole or not at all; another process may be doing the same.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let Some(migration) = MIGRATIONS.get(version as usize) else { return Ok(()) };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version + 1)?;
        transaction.commit()?;
    }
}
