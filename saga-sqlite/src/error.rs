//! What SQLite says, in the words of the contract. Nothing here decides what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use saga_core::SagaId;
use saga_core::store::{StoreCause, StoreError};

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
    /// It was written by a version of this crate that was never released, and cannot be migrated.
    #[error("{} has schema version {found}; this build reads from {oldest} on", path.display())]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The oldest that this build reads.
        oldest: u32,
    },
    /// It was copied while a worker used it, without the log beside it: what was written last is missing. A copy that
    /// SQLite made is whole all the same; see the [crate's documentation](crate#backups).
    #[error(
        "{} was in use when it was copied, and its write-ahead log is not beside it: what was written last may be missing",
        path.display()
    )]
    WithoutLog {
        /// The file.
        path: PathBuf,
    },
    /// It has several names. SQLite finds the log of a file by its name, so that two processes that use two names would
    /// write over each other.
    #[error("{} has {names} names (hard links); a store has one", path.display())]
    ManyNames {
        /// The file.
        path: PathBuf,
        /// How many.
        names: u64,
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
        /// The error beneath, if there is one.
        source: Option<StoreCause>,
    },
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        let detail = error.to_string();
        let source = match &error {
            OpenError::Failed { source, .. } => source.clone(),
            _ => None,
        };
        match error {
            OpenError::Newer { found, known, .. } => StoreError::Newer { found, known },
            OpenError::NotAStore { .. }
            | OpenError::Older { .. }
            | OpenError::TooOld { .. }
            | OpenError::ManyNames { .. }
            | OpenError::WithoutLog { .. } => StoreError::Corrupt { detail, source },
            OpenError::ReadOnly { .. } => StoreError::ReadOnly { detail, source },
            _ => StoreError::Unavailable { detail, source },
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
            _ => {
                let code = error.sqlite_error().copied().map(StoreCause::new);
                OpenError::Failed { path, detail, source: code }
            }
        }
    }

    pub(crate) fn of_io(path: &Path, error: std::io::Error) -> Self {
        let (path, detail) = (path.to_owned(), error.to_string());
        OpenError::Failed { path, detail, source: Some(StoreCause::new(error)) }
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
            Error::Sql(error) => of_sql(error),
        }
    }
}

fn of_sql(error: rusqlite::Error) -> StoreError {
    let detail = error.to_string();
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            let source = Some(StoreCause::new(failure));
            match failure.code {
                ErrorCode::DiskFull => StoreError::Full { detail, source },
                ErrorCode::ReadOnly => StoreError::ReadOnly { detail, source },
                // What no retry mends: the file, or what this crate asks of it, is wrong.
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::SchemaChanged
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown => StoreError::Corrupt { detail, source },
                _ => StoreError::Unavailable { detail, source },
            }
        }
        // A value of another type than this crate wrote.
        error => StoreError::Corrupt { detail, source: Some(StoreCause::new(error)) },
    }
}

/// What is there cannot be read as what this crate writes.
pub(crate) fn corrupt(detail: impl Into<String>) -> StoreError {
    StoreError::corrupt(detail)
}

/// The same, with the name of the saga whose it is.
pub(crate) fn of_saga(saga: &SagaId, error: Error) -> Error {
    match StoreError::from(error) {
        StoreError::Corrupt { detail, source } => {
            StoreError::Corrupt { detail: format!("saga {saga}: {detail}"), source }.into()
        }
        error => error.into(),
    }
}
