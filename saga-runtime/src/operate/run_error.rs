//! Why a saga was not started.

use saga_core::store::StoreError;
use saga_core::{InvalidId, SagaId};

use crate::drive::committer::CommitError;
use crate::value::text::text_of;

/// Why a saga was not started.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// There is a saga of that id with another input, or of another type.
    #[error("saga {id} exists, and is {saga}({input})")]
    IdConflict {
        /// The id that both have.
        id: SagaId,
        /// The type of the one that is there.
        saga: String,
        /// What that one was called with, without its secrets.
        input: String,
    },
    /// The saga was not registered with this runtime.
    #[error("saga {saga} is not registered")]
    NotRegistered {
        /// The recorded name of the saga.
        saga: &'static str,
    },
    /// The input cannot be recorded.
    #[error("the input cannot be recorded: {why}")]
    Unrecordable {
        /// The error of the encoding.
        why: String,
    },
    /// The runtime is shutting down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
    /// The store failed for good, or the saga's journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An id that is one already.
impl From<std::convert::Infallible> for RunError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// As text: what a `main` that returns it shows.
impl std::fmt::Debug for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text_of(self))
    }
}

/// The error of a saga that was to be created.
impl From<CommitError> for RunError {
    fn from(error: CommitError) -> Self {
        RunError::Store(match error {
            CommitError::Store(error) => error,
            lost => StoreError::unavailable(lost.to_string()),
        })
    }
}
