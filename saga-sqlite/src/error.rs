//! SQLite's errors, translated to those of the store contract. The reaction to them is decided elsewhere.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use saga_core::SagaId;
use saga_core::store::{StoreCause, StoreError};

/// The reason for which a file cannot be opened as a store. The file was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory of the file does not exist.
    #[error("{} cannot be opened: there is no directory {}", path.display(), directory.display())]
    NoDirectory {
        /// The path of the file.
        path: PathBuf,
        /// The missing directory.
        directory: PathBuf,
    },
    /// The file does not exist, and was not to be created.
    #[error("there is no file {}", path.display())]
    NoFile {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file is not a store of sagas.
    #[error("{} is no store of sagas: {detail}", path.display())]
    NotAStore {
        /// The path of the file.
        path: PathBuf,
        /// The observed content.
        detail: String,
    },
    /// The file was written by a newer version of this crate.
    #[error("{} has schema version {found}; this build knows up to {known}", path.display())]
    Newer {
        /// The path of the file.
        path: PathBuf,
        /// The file's schema version.
        found: u32,
        /// The newest schema version that this build knows.
        known: u32,
    },
    /// The file was written by an older version of this crate, and was opened read-only.
    #[error("{} has schema version {found}; it has to be opened once for writing to become {known}", path.display())]
    Older {
        /// The path of the file.
        path: PathBuf,
        /// The file's schema version.
        found: u32,
        /// The schema version that this build reads.
        known: u32,
    },
    /// The file was written by an unreleased version of this crate, and cannot be migrated.
    #[error("{} has schema version {found}; this build reads from {oldest} on", path.display())]
    TooOld {
        /// The path of the file.
        path: PathBuf,
        /// The file's schema version.
        found: u32,
        /// The oldest schema version that this build reads.
        oldest: u32,
    },
    /// The file was copied while a worker used it, without its log: the latest writes are missing. Copies made by
    /// SQLite are complete; see the [crate's documentation](crate#backups).
    #[error(
        "{} was in use when it was copied, and its write-ahead log is not beside it: what was written last may be missing",
        path.display()
    )]
    WithoutLog {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file has several names. SQLite finds the log by the file's name, so two processes that use different names
    /// would overwrite each other's changes.
    #[error("{} has {names} names (hard links); a store has one", path.display())]
    ManyNames {
        /// The path of the file.
        path: PathBuf,
        /// The number of names.
        names: u64,
    },
    /// The file cannot be written to.
    #[error("{} is read-only: {detail}", path.display())]
    ReadOnly {
        /// The path of the file.
        path: PathBuf,
        /// The observed error.
        detail: String,
    },
    /// SQLite's settings for the file do not give durability.
    #[error("{} would not be durable: {detail}", path.display())]
    NotDurable {
        /// The path of the file.
        path: PathBuf,
        /// The observed setting.
        detail: String,
    },
    /// SQLite or the file system failed.
    #[error("{} cannot be opened: {detail}", path.display())]
    Failed {
        /// The path of the file.
        path: PathBuf,
        /// The observed error.
        detail: String,
        /// The underlying error; `None` if there is none.
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

/// An error of SQLite or of this crate, before translation.
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
                // A retry does not help: the file, or this crate's statement, is wrong.
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::SchemaChanged
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown => StoreError::Corrupt { detail, source },
                _ => StoreError::Unavailable { detail, source },
            }
        }
        // A value of a type that this crate does not write.
        error => StoreError::Corrupt { detail, source: Some(StoreCause::new(error)) },
    }
}

/// Returns an error for data that this crate did not write.
pub(crate) fn corrupt(detail: impl Into<String>) -> StoreError {
    StoreError::corrupt(detail)
}

/// Adds the name of the saga to an error.
pub(crate) fn of_saga(saga: &SagaId, error: Error) -> Error {
    match StoreError::from(error) {
        StoreError::Corrupt { detail, source } => {
            StoreError::Corrupt { detail: format!("saga {saga}: {detail}"), source }.into()
        }
        error => error.into(),
    }
}
