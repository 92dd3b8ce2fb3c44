//! Why a driver no longer drives its saga, and what it answered.

use std::sync::Arc;

use saga_core::machine::Refusal;
use saga_core::{Receipt, State};

use crate::drive::committer::CommitError;

/// Why a driver no longer drives its saga.
#[derive(Debug)]
pub(crate) enum Finished {
    /// The saga ended, or was dead-lettered.
    Settled(Arc<State>),
    /// The saga waits and was released; the store has the time until which.
    Released,
    /// Another worker holds the saga, or the runtime is gone.
    Lost(CommitError),
    /// The saga could not be created: one of that id exists.
    Exists,
}

/// What a delivery came to: what a cancel meets, or nothing more; or why it was refused.
pub(crate) type Reply = Result<Option<Box<Receipt>>, Refusal>;
