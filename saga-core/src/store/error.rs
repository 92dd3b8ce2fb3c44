//! Why a store did not do what was asked: what was observed, and, where there is one, the error beneath.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::{Epoch, SagaId, Seq};

/// Why one append of a batch was refused. The others are not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another worker has claimed the saga since, or the claim was released.
    #[error("epoch {epoch} of saga {saga} is over")]
    Fenced {
        /// Which saga.
        saga: SagaId,
        /// The epoch that tried.
        epoch: Epoch,
    },
    /// The records do not follow on what is there.
    #[error("the next record of saga {saga} is {expected}, not {found}")]
    Sequence {
        /// Which saga.
        saga: SagaId,
        /// What should come.
        expected: Seq,
        /// What came.
        found: Seq,
    },
    /// A saga of that id exists, and this is not its creation sent again.
    #[error("saga {saga} exists")]
    Exists {
        /// Which saga.
        saga: SagaId,
    },
    /// There is no such saga (or it was to be created without a status).
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// Which saga.
        saga: SagaId,
    },
}

/// A store that could not do what was asked. Nothing is lost: what was durable still is.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or is busy, or I/O failed: another try may succeed.
    #[error("the store is unavailable: {detail}")]
    Unavailable {
        /// What was observed.
        detail: String,
        /// The error beneath, if there is one.
        source: Option<StoreCause>,
    },
    /// The disk is full.
    #[error("the store is full: {detail}")]
    Full {
        /// What was observed.
        detail: String,
        /// The error beneath, if there is one.
        source: Option<StoreCause>,
    },
    /// It cannot be written to.
    #[error("the store is read-only: {detail}")]
    ReadOnly {
        /// What was observed.
        detail: String,
        /// The error beneath, if there is one.
        source: Option<StoreCause>,
    },
    /// What is there is not what a store of this kind writes.
    #[error("the store cannot be read: {detail}")]
    Corrupt {
        /// What was observed.
        detail: String,
        /// The error beneath, if there is one.
        source: Option<StoreCause>,
    },
    /// It was written by a newer version of this crate.
    #[error("the store has schema version {found}; this build knows up to {known}")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// Another worker holds it, and it is a store for one.
    #[error("the store is held by {holder}")]
    Held {
        /// Who holds it.
        holder: String,
    },
    /// The worker's lease is over: others may have its sagas.
    #[error("the worker's lease is over")]
    LeaseLost,
    /// It was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// [`Unavailable`](Self::Unavailable), without an error beneath.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        StoreError::Unavailable { detail: detail.into(), source: None }
    }

    /// [`Corrupt`](Self::Corrupt), without an error beneath.
    pub fn corrupt(detail: impl Into<String>) -> Self {
        StoreError::Corrupt { detail: detail.into(), source: None }
    }

    /// [`Full`](Self::Full), without an error beneath.
    pub fn full(detail: impl Into<String>) -> Self {
        StoreError::Full { detail: detail.into(), source: None }
    }

    /// [`ReadOnly`](Self::ReadOnly), without an error beneath.
    pub fn read_only(detail: impl Into<String>) -> Self {
        StoreError::ReadOnly { detail: detail.into(), source: None }
    }

    /// Whether another try may succeed without a person's doing anything to this process.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable { .. } | StoreError::Full { .. } | StoreError::ReadOnly { .. })
    }
}

/// Why a delivery was not put into the inbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverError {
    /// There is no such saga.
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// Which saga.
        saga: SagaId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The error of a database or an operating system beneath a [`StoreError`]. Several callers may get the same one.
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
    /// An error of a store's own.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The error itself.
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
