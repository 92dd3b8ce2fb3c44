//! A layer between SQLite and its files, for tests and benchmarks: whatever is written and synced goes through a
//! [`Disk`] of theirs, which counts, delays, refuses or cuts short. No part of what users depend on.
//!
//! The layer is a SQLite VFS over the platform's own: files, locks and shared memory stay what they are, so that
//! connections with and without it work on one file. It needs no rights that its user does not have.
//!
//! ```
//! use std::sync::Arc;
//!
//! # let dir = tempfile::tempdir()?;
//! let meter = Arc::new(saga_vfs::SyncMeter::default());
//! saga_vfs::register("metered", meter.clone())?;
//! let flags = rusqlite::OpenFlags::default();
//! let db = rusqlite::Connection::open_with_flags_and_vfs(dir.path().join("a.db"), flags, "metered")?;
//! db.pragma_update(None, "journal_mode", "wal")?;
//! db.execute_batch("PRAGMA synchronous = FULL; CREATE TABLE t (x)")?;
//! let before = meter.of(saga_vfs::Kind::Wal);
//! db.execute_batch("INSERT INTO t VALUES (1)")?;
//! assert_eq!(meter.of(saga_vfs::Kind::Wal) - before, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod meter;
mod shim;

use std::path::Path;
use std::sync::Arc;

pub use meter::SyncMeter;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The database.
    Database,
    /// Its write-ahead log.
    Wal,
    /// Anything else: a rollback journal, a file for a moment.
    Other,
}

/// An open file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Where it is; `None` if it has no name.
    pub path: Option<&'a Path>,
}

/// What SQLite is told instead of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// The device failed (`EIO`).
    Io,
    /// The device is full (`ENOSPC`).
    Full,
}

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Written {
    /// All of it is written.
    Whole,
    /// So many bytes are written, and that is reported as trouble. With 0 nothing is.
    Short(usize, Trouble),
    /// So many bytes are written, and SQLite is told that all are: a page torn, a disk that lies.
    Torn(usize),
}

/// What stands between SQLite and its files. Each method is called before the file is touched, on the thread that
/// touches it.
///
/// # Panics
/// One that panics ends the process: there is SQLite's code between it and whoever could catch it.
pub trait Disk: Send + Sync + 'static {
    /// `bytes` are to be written at `offset`.
    fn write(&self, _file: File<'_>, _offset: u64, _bytes: &[u8]) -> Written {
        Written::Whole
    }

    /// What was written is to be made durable.
    ///
    /// # Errors
    /// What SQLite is told; then nothing is synced.
    fn sync(&self, _file: File<'_>) -> Result<(), Trouble> {
        Ok(())
    }

    /// `length` bytes at `offset` are to be read.
    ///
    /// # Errors
    /// What SQLite is told.
    fn read(&self, _file: File<'_>, _offset: u64, _length: usize) -> Result<(), Trouble> {
        Ok(())
    }

    /// The file is to be cut to `length` bytes.
    ///
    /// # Errors
    /// What SQLite is told; then it is not cut.
    fn truncate(&self, _file: File<'_>, _length: u64) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A layer that SQLite did not take.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// There is one of that name, or the name has a zero byte.
    #[error("`{0}` cannot be the name of a layer: it is taken, or holds a zero byte")]
    Name(String),
    /// SQLite has no VFS of its own here.
    #[error("SQLite has no file system here")]
    NoFileSystem,
    /// SQLite refused.
    #[error("SQLite refused the layer with code {0}")]
    Refused(i32),
}

/// Makes the layer known to SQLite in this process, until that ends: connections that are opened with this name as
/// their VFS go through `disk`.
///
/// # Errors
/// [`RegisterError`].
pub fn register(name: &str, disk: Arc<dyn Disk>) -> Result<(), RegisterError> {
    shim::register(name, disk)
}
