//! What SQLite says, in the words of the contract. Nothing here decides what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use saga_core::store::StoreError;

/// A file that cannot be opened as a store. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory that it should be in does not exist.
    #[error("{} cannot be opened: there is no directory {}", path.display(), directory.display())]
    NoDirectory {
        /// The file.
        path: PathBuf,
        /// The directory.
        directory: PathBuf,
    },
    /// There is no such file, and it was not to be made.
    #[error("there is no file {}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// It is something else than a store of sagas.
    #[error("{} is no store of sagas: {detail}", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What was observed.
        detail: String,
    },
    /// It was written by a newer version of this crate.
    #[error("{} has schema version {found}; this build knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// It was written by an older version of this crate, and was opened only to be read.
    #[error("{} has schema version {found}; it has to be opened once for writing to become {known}", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The one that this build reads.
        known: u32,
    },
    /// It cannot be written to.
    #[error("{} is read-only: {detail}", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What was observed.
        detail: String,
    },
    /// SQLite does not do for it what durability needs.
    #[error("{} would not be durable: {detail}", path.display())]
    NotDurable {
        /// The file.
        path: PathBuf,
        /// What was observed.
        detail: String,
    },
    /// SQLite or the file system failed.
    #[error("{} cannot be opened: {detail}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was observed.
        detail: String,
    },
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        let detail = error.to_string();
        match error {
            OpenError::Newer { found, known, .. } => StoreError::Newer { found, known },
            OpenError::NotAStore { .. } | OpenError::Older { .. } => StoreError::Corrupt { detail },
            OpenError::ReadOnly { .. } => StoreError::ReadOnly { detail },
            _ => StoreError::Unavailable { detail },
        }
    }
}

impl OpenError {
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, detail) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                OpenError::NotAStore { path, detail: "it is no SQLite database".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => OpenError::NotAStore { path, detail },
            Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path, detail },
            _ => OpenError::Failed { path, detail },
        }
    }
}

/// A failure on the way to an answer.
#[derive(Debug)]
pub(crate) enum Error {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Sql(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Error::Store(error)
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            Error::Sql(error) => of_sql(&error),
        }
    }
}

fn of_sql(error: &rusqlite::Error) -> StoreError {
    let detail = error.to_string();
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => StoreError::Full { detail },
            ErrorCode::ReadOnly => StoreError::ReadOnly { detail },
            // What no retry mends: the file, or what this crate asks of it, is wrong.
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ConstraintViolation
            | ErrorCode::SchemaChanged
            | ErrorCode::TypeMismatch
            | ErrorCode::Unknown => StoreError::Corrupt { detail },
            _ => StoreError::Unavailable { detail },
        },
        // A value of another type than this crate wrote.
        _ => StoreError::Corrupt { detail },
    }
}

/// What is there cannot be read as what this crate writes.
pub(crate) fn corrupt(detail: impl Into<String>) -> StoreError {
    StoreError::Corrupt { detail: detail.into() }
}
