//! The write-ahead log. SQLite moves the log into the file as it grows past 4 MB, and then reuses it from its
//! beginning. A reader that keeps an old state of the file prevents that as long as it reads.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::file::beside;
use crate::stopwatch::Stopwatch;

/// The interval between attempts to move a log that is too large.
const TRY_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Log {
    path: PathBuf,
    bytes_max: u64,
    tried: Option<Stopwatch>,
    /// Runs since the log could not be moved; `None` if it could.
    full: Option<Stopwatch>,
    trouble: Option<String>,
}

impl Log {
    pub(super) fn of(path: &Path, bytes_max: u64) -> Self {
        Self { path: beside(path, "-wal"), bytes_max, tried: None, full: None, trouble: None }
    }

    /// Checks the size of the log, and moves it into the file if it is too large. Returns the problem, if there is one.
    pub(super) fn look(&mut self, connection: &Connection) -> Option<String> {
        let bytes = std::fs::metadata(&self.path).map_or(0, |log| log.len());
        if bytes <= self.bytes_max {
            (self.tried, self.full, self.trouble) = (None, None, None);
            return None;
        }
        if self.tried.as_ref().is_some_and(|tried| tried.elapsed() < TRY_EVERY) {
            return self.trouble.clone();
        }
        self.tried = Some(Stopwatch::start());
        // A failed checkpoint is retried; a failing disk is reported to writers.
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok(row.get::<_, i64>(1)? <= row.get::<_, i64>(2)?)
        });
        if moved.unwrap_or(false) {
            (self.full, self.trouble) = (None, None);
            return None;
        }
        let full = self.full.get_or_insert_with(Stopwatch::start);
        let (path, mb, age) = (self.path.display(), bytes >> 20, full.elapsed().as_secs());
        self.trouble = Some(format!(
            "{path} has {mb} MiB and cannot be emptied for {age} s: a reader keeps an old state of the file"
        ));
        self.trouble.clone()
    }
}
