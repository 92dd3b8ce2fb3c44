//! Errors of stores: what was observed, with the underlying error where there is one.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::{Epoch, SagaId, Seq};

/// The reason for which one append of a batch was refused. Other appends are not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another worker has claimed the saga since, or the claim was released.
    #[error("epoch {epoch} of saga {saga} is over")]
    Fenced {
        /// The saga's id.
        saga: SagaId,
        /// The epoch of the refused append.
        epoch: Epoch,
    },
    /// The records do not continue the journal.
    #[error("the next record of saga {saga} is {expected}, not {found}")]
    Sequence {
        /// The saga's id.
        saga: SagaId,
        /// The sequence number that follows in the journal.
        expected: Seq,
        /// The sequence number of the record.
        found: Seq,
    },
    /// A saga of that id exists, and this is not a repeat of its creation.
    #[error("saga {saga} exists")]
    Exists {
        /// The saga's id.
        saga: SagaId,
    },
    /// The saga does not exist, or its creation had no status.
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// The saga's id.
        saga: SagaId,
    },
}

/// The reason for which a store did not do what was asked. Everything durable is kept.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, is busy, or I/O failed. A retry may succeed.
    #[error("the store is unavailable: {detail}")]
    Unavailable {
        /// The observed error, in words.
        detail: String,
        /// The underlying error; `None` if there is none.
        source: Option<StoreCause>,
    },
    /// The disk is full.
    #[error("the store is full: {detail}")]
    Full {
        /// The observed error, in words.
        detail: String,
        /// The underlying error; `None` if there is none.
        source: Option<StoreCause>,
    },
    /// The store cannot be written to.
    #[error("the store is read-only: {detail}")]
    ReadOnly {
        /// The observed error, in words.
        detail: String,
        /// The underlying error; `None` if there is none.
        source: Option<StoreCause>,
    },
    /// The store's data is not what a store of this kind writes.
    #[error("the store cannot be read: {detail}")]
    Corrupt {
        /// The observed damage, in words.
        detail: String,
        /// The underlying error; `None` if there is none.
        source: Option<StoreCause>,
    },
    /// The store was written by a newer version of this crate.
    #[error("the store has schema version {found}; this build knows up to {known}")]
    Newer {
        /// The store's schema version.
        found: u32,
        /// The newest schema version that this build knows.
        known: u32,
    },
    /// Another worker holds the store, and it takes only one.
    #[error("the store is held by {holder}")]
    Held {
        /// The worker that holds it.
        holder: String,
    },
    /// The worker's lease is over: other workers may hold its sagas.
    #[error("the worker's lease is over")]
    LeaseLost,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Returns [`Unavailable`](Self::Unavailable) without an underlying error.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        StoreError::Unavailable { detail: detail.into(), source: None }
    }

    /// Returns [`Corrupt`](Self::Corrupt) without an underlying error.
    pub fn corrupt(detail: impl Into<String>) -> Self {
        StoreError::Corrupt { detail: detail.into(), source: None }
    }

    /// Returns [`Full`](Self::Full) without an underlying error.
    pub fn full(detail: impl Into<String>) -> Self {
        StoreError::Full { detail: detail.into(), source: None }
    }

    /// Returns [`ReadOnly`](Self::ReadOnly) without an underlying error.
    pub fn read_only(detail: impl Into<String>) -> Self {
        StoreError::ReadOnly { detail: detail.into(), source: None }
    }

    /// Returns true if a retry may succeed without an operator's intervention in this process.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable { .. } | StoreError::Full { .. } | StoreError::ReadOnly { .. })
    }
}

/// The reason for which a delivery was not put into the inbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverError {
    /// The saga does not exist.
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// The saga's id.
        saga: SagaId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The underlying error of a [`StoreError`], from a database or the operating system. Several callers may share it.
///
/// ```
/// use std::error::Error;
/// use saga_core::store::{StoreCause, StoreError};
/// let io = std::io::Error::other("the disk is on fire");
/// let error = StoreError::Unavailable { detail: "write".to_owned(), source: Some(StoreCause::new(io)) };
/// let cause = error.source().unwrap().downcast_ref::<StoreCause>().unwrap();
/// assert!(cause.get().is::<std::io::Error>());
/// ```
#[derive(Clone)]
pub struct StoreCause(Arc<dyn Error + Send + Sync>);

impl StoreCause {
    /// Wraps a store's own error.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// Returns the wrapped error.
    pub fn get(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl fmt::Debug for StoreCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for StoreCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for StoreCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
