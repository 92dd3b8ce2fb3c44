//! A copy of the file, made while the store is in use. Copying the file itself is not enough: the latest writes are in
//! the write-ahead log beside it.

use std::io::Error;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::file::beside;

/// The reason for which no copy was made. Nothing is left at its path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file of that name exists.
    #[error("{} exists", path.display())]
    Exists {
        /// The path of the copy.
        path: PathBuf,
    },
    /// The copy could not be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// The path of the copy.
        path: PathBuf,
        /// The error of the operating system.
        source: Error,
    },
    /// The store could not be read, or SQLite could not write the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks that there is no file at the path.
pub(crate) fn is_free(path: &Path) -> Result<(), BackupError> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(BackupError::Exists { path: path.to_owned() }),
        Err(source) => Err(BackupError::File { path: path.to_owned(), source }),
    }
}

/// Returns the path of a copy that is not complete yet.
pub(crate) fn partial(path: &Path) -> PathBuf {
    beside(path, ".partial")
}

/// Writes out the present state in one read transaction. The writer is not blocked.
pub(crate) fn write(connection: &Connection, path: &Path) -> Result<(), crate::error::Error> {
    let path = path.to_str().ok_or_else(|| {
        StoreError::unavailable(format!("{} is no path for SQLite: it is not UTF-8", path.display()))
    })?;
    connection.execute("VACUUM INTO ?1", [path])?;
    // No worker uses the copy.
    Connection::open(path)?.execute("DELETE FROM stored_in_use", [])?;
    Ok(())
}

/// Renames a complete copy to its path, and makes that durable.
pub(crate) fn name(path: &Path) -> Result<(), BackupError> {
    let named = || {
        std::fs::File::open(partial(path))?.sync_all()?;
        std::fs::rename(partial(path), path)?;
        match path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            Some(directory) => std::fs::File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    named().map_err(|source| BackupError::File { path: path.to_owned(), source })
}
