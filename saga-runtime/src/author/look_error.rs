//! Why a saga could not be looked at.

use saga_core::store::StoreError;
use saga_core::{FoldError, Name, SagaId};

/// Why a saga could not be looked at.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// It is gone: purged.
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// The id that was asked for.
        saga: SagaId,
    },
    /// A recorded value is not of the type that this build has for it.
    #[error("{what} cannot be read: {why}")]
    Undecodable {
        /// The value and its site.
        what: String,
        /// The error of the decoding.
        why: String,
    },
    /// The journal is invalid.
    #[error("the journal of saga {saga} cannot be read")]
    NoJournal {
        /// The saga's id.
        saga: SagaId,
        /// What is wrong with it.
        #[source]
        source: FoldError,
    },
    /// The runtime shuts down, or has, and no longer drives the saga: it goes on with the next worker.
    #[error("the runtime has shut down: saga {saga} goes on with the next worker")]
    ShutDown {
        /// The saga's id.
        saga: SagaId,
    },
    /// No worker drives the saga, and this one has no code for it: it waits for one that has registered its type. An
    /// operator can close it with [`abandon`](crate::AnyHandle::abandon).
    #[error("no worker drives saga {saga}: its type `{name}` is not registered")]
    NotRegistered {
        /// The saga's id.
        saga: SagaId,
        /// The recorded name of its type.
        name: Name,
    },
    /// The saga is of another type than the one that was asked for.
    #[error("saga {saga} is of type `{name}`, not `{wanted}`")]
    OtherType {
        /// The saga's id.
        saga: SagaId,
        /// The recorded name of its type.
        name: Name,
        /// The name of the type that was asked for.
        wanted: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// As text: what a `main` that returns it shows.
impl std::fmt::Debug for LookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::value::text::text_of(self))
    }
}
