//! A layer between SQLite and its files, for tests and benchmarks. Every write and sync goes through a [`Disk`] that
//! can count, delay, refuse or truncate it. Not part of what users depend on.
//!
//! The layer is a SQLite VFS over the platform's own. Files, locks and shared memory do not change, so connections with
//! and without it work on one file. It needs no additional permissions.
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

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The database.
    Database,
    /// Its write-ahead log.
    Wal,
    /// Anything else: a rollback journal, a temporary file.
    Other,
}

/// An open file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The file's purpose.
    pub kind: Kind,
    /// The file's path; `None` if it has no name.
    pub path: Option<&'a Path>,
}

/// The error that SQLite gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// The device failed (`EIO`).
    Io,
    /// The device is full (`ENOSPC`).
    Full,
}

/// The fate of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Written {
    /// All bytes are written.
    Whole,
    /// Only so many bytes are written (0 for none), and SQLite gets the error.
    Short(usize, Trouble),
    /// Only so many bytes are written, and SQLite gets success: a torn page, a disk that lies.
    Torn(usize),
}

/// Code between SQLite and its files. Each method is called before the file is touched, on the thread that touches it.
///
/// # Panics
/// A panic in a method ends the process: it cannot unwind through SQLite's code.
pub trait Disk: Send + Sync + 'static {
    /// Decides on a write of `bytes` at `offset`.
    fn write(&self, _file: File<'_>, _offset: u64, _bytes: &[u8]) -> Written {
        Written::Whole
    }

    /// Decides on a sync.
    ///
    /// # Errors
    /// The error that SQLite gets; then nothing is synced.
    fn sync(&self, _file: File<'_>) -> Result<(), Trouble> {
        Ok(())
    }

    /// Decides on a read of `length` bytes at `offset`.
    ///
    /// # Errors
    /// The error that SQLite gets.
    fn read(&self, _file: File<'_>, _offset: u64, _length: usize) -> Result<(), Trouble> {
        Ok(())
    }

    /// Decides on a truncation to `length` bytes.
    ///
    /// # Errors
    /// The error that SQLite gets; then the file is not truncated.
    fn truncate(&self, _file: File<'_>, _length: u64) -> Result<(), Trouble> {
        Ok(())
    }
}

/// The reason for which a layer could not be registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// A VFS of that name exists, or the name has a zero byte.
    #[error("`{0}` cannot be the name of a layer: it is taken, or holds a zero byte")]
    Name(String),
    /// SQLite has no default VFS here.
    #[error("SQLite has no file system here")]
    NoFileSystem,
    /// SQLite refused it, with this result code.
    #[error("SQLite refused the layer with code {0}")]
    Refused(i32),
}

/// Registers the layer with SQLite for the life of the process. Connections that name it as their VFS go through
/// `disk`.
///
/// # Errors
/// [`RegisterError`].
pub fn register(name: &str, disk: Arc<dyn Disk>) -> Result<(), RegisterError> {
    shim::register(name, disk)
}
