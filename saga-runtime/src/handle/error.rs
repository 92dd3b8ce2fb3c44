//! Why a saga could not be looked at, or something was not done to it.

use saga_core::machine::Refusal;
use saga_core::store::{DeliverError, StoreError};
use saga_core::{FoldError, SagaId};

/// Why a saga could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// It is gone: purged.
    #[error("there is no saga {saga}")]
    NoSuchSaga {
        /// Which.
        saga: SagaId,
    },
    /// A recorded value is not of the type that this build has for it.
    #[error("{what} cannot be read: {why}")]
    Undecodable {
        /// Which value.
        what: String,
        /// Why not.
        why: String,
    },
    /// The journal is none.
    #[error("the journal of saga {saga} cannot be read")]
    NoJournal {
        /// Which saga.
        saga: SagaId,
        /// What is wrong with it.
        #[source]
        source: FoldError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something was not done to a saga.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// It makes no sense as the saga stands.
    #[error(transparent)]
    Refused(Refusal),
    /// A value given with it cannot be recorded.
    #[error("the value cannot be recorded: {why}")]
    Unrecordable {
        /// Why not.
        why: String,
    },
    /// It could not be delivered.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// It was delivered; what became of it could not be seen.
    #[error(transparent)]
    Look(#[from] LookError),
}
