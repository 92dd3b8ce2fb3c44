//! Why a saga could not be looked at, or something was not done to it.

use saga_core::machine::Refusal;
use saga_core::store::{DeliverError, StoreError};
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
    /// operator can close it with [`abandon`](super::AnyHandle::abandon).
    #[error("no worker drives saga {saga}: its type `{name}` is not registered")]
    NotRegistered {
        /// The saga's id.
        saga: SagaId,
        /// The recorded name of its type.
        name: Name,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something was not done to a saga.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// It makes no sense as the saga stands.
    #[error(transparent)]
    Refused(Refusal),
    /// A value given with it cannot be recorded.
    #[error("the value cannot be recorded: {why}")]
    Unrecordable {
        /// The error of the encoding.
        why: String,
    },
    /// It could not be delivered.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// Nothing was delivered: no worker would take it.
    #[error("nothing was delivered to saga {saga}")]
    NotDelivered {
        /// The saga's id.
        saga: SagaId,
        /// Why no worker would take it.
        #[source]
        why: LookError,
    },
    /// It was delivered, and no worker has taken it yet. The next one that can will.
    #[error("delivered to saga {saga}, and not taken yet")]
    NotTaken {
        /// The saga's id.
        saga: SagaId,
        /// Why it is not waited for any longer.
        #[source]
        why: LookError,
    },
    /// It was delivered; what became of it could not be seen.
    #[error(transparent)]
    Look(#[from] LookError),
}

/// As text: what a `main` that returns it shows.
impl std::fmt::Debug for LookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::text_of(self))
    }
}

/// As text: what a `main` that returns it shows.
impl std::fmt::Debug for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::text_of(self))
    }
}
