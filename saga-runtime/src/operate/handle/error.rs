//! Why something was not done to a saga.

use saga_core::SagaId;
use saga_core::machine::Refusal;
use saga_core::store::DeliverError;

use crate::author::look_error::LookError;

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
impl std::fmt::Debug for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::value::text::text_of(self))
    }
}
