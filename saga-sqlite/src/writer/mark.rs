//! A mark in the file itself that says whether its write-ahead log has more than the file: `stored_in_use.log` is 1 in
//! the file and 0 in the log. A file that says 1 and has no log has lost it. After any program has moved the log into
//! the file, the file says 0.
//!
//! The file is marked in three steps: 1 is committed, the log is moved into the file, 0 is committed. These
//! interleavings are possible:
//! - A checkpoint moves the 0 into the file, from this connection or another. The file was then written to, so it is
//!   marked again before the next commit is acknowledged.
//! - The process dies, or the power goes, between the first step and the last. The log exists by name (SQLite syncs the
//!   directory with the first commit of a new log) and says 1. With its log the file is opened whatever it says, and
//!   the next worker marks it. If a program other than this crate closes the file at that moment and removes the log,
//!   the file is refused although nothing is missing. A connection of this crate leaves the log in place while the log
//!   says 1.
//! - A reader keeps an old state, or another connection is moving the log. Then the file cannot be marked, and a new
//!   attempt is made after a second. Until then the file may say 0 while its log has more.
//! - Another process delivers. Its first write into an empty log is in no file that says 1 until the worker commits.

use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::file::Opened;
use crate::schema::{self, PAGE_BYTES};
use crate::stopwatch::Stopwatch;

/// The number of pages at which the log is moved into the file.
pub(super) const LOG_PAGES_MAX: u32 = 1000;
/// The size of such a log.
const LOG_BYTES_MAX: u64 = LOG_PAGES_MAX as u64 * PAGE_BYTES;
/// The time before a file that could not be marked is tried again.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// The state of the mark.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// The file's modification time when it was marked; `None` if it was not.
    marked: Option<SystemTime>,
    failed: Option<Stopwatch>,
}

impl Mark {
    /// Makes the connection move its log into the file only on request. A log that is reused is cut to the size at which
    /// it is moved, so that its size on disk tells whether it has grown beyond it.
    pub(super) fn attend(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.marked = None;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX.cast_signed())
    }

    /// Marks the file if it was written to since it was last marked, or if its log has grown.
    pub(super) fn renew(&mut self, connection: &Connection, opened: &Opened) -> rusqlite::Result<()> {
        let has_grown = opened.log_bytes() > LOG_BYTES_MAX;
        let is_marked = self.marked.is_some() && self.marked == opened.written();
        let waits = self.failed.as_ref().is_some_and(|failed| failed.elapsed() < TRY_EVERY);
        if waits || (is_marked && !has_grown) {
            return Ok(());
        }
        self.failed = Some(Stopwatch::start());
        let say = |log: i64| {
            connection.prepare_cached("UPDATE stored_in_use SET log = ?1")?.execute([log]).map(drop)
        };
        schema::keep_log(connection, true)?;
        say(1)?;
        let is_moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok(row.get::<_, i64>(0)? == 0 && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
        })?;
        // This comes before anything else can be moved into it.
        let marked = opened.look();
        say(0)?;
        schema::keep_log(connection, false)?;
        if is_moved {
            (self.marked, self.failed) = (marked, None);
        }
        Ok(())
    }
}
