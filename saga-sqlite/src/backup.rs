//! A copy of the file, made while it is used. Copying the file itself is not enough: what was written last is in the
//! write-ahead log beside it.

use std::io::Error;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::file::beside;

/// Why no copy was made. Where it should be there is nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is a file of that name.
    #[error("{} exists", path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The copy could not be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// The name.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },
    /// The store could not be read, or SQLite could not write the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks that nothing is in the way.
pub(crate) fn is_free(path: &Path) -> Result<(), BackupError> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(BackupError::Exists { path: path.to_owned() }),
        Err(source) => Err(BackupError::File { path: path.to_owned(), source }),
    }
}

/// Where a copy is until it is whole.
pub(crate) fn partial(path: &Path) -> PathBuf {
    beside(path, ".partial")
}

/// Writes out what a reader sees at this moment. One transaction that reads: the writer goes on.
pub(crate) fn write(connection: &Connection, path: &Path) -> Result<(), crate::error::Error> {
    let path = path.to_str().ok_or_else(|| {
        StoreError::unavailable(format!("{} is no path for SQLite: it is not UTF-8", path.display()))
    })?;
    connection.execute("VACUUM INTO ?1", [path])?;
    // Nobody uses the copy.
    Connection::open(path)?.execute("DELETE FROM stored_in_use", [])?;
    Ok(())
}

/// Gives a copy that is whole its name, once it is on the disk.
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
