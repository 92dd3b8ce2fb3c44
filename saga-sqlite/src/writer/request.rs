//! What the writer is asked to write, and what it answers.

use futures_channel::oneshot;
use saga_core::store::{AppendError, StoreError, WorkerId};
use saga_core::{Epoch, SagaId, Timestamp};

use crate::encode::Encoded;

/// The sender of an answer. A caller that no longer waits has dropped the other end.
pub(crate) type Answer<T> = oneshot::Sender<T>;

/// What the answers to a batch of appends are.
pub(crate) type Appended = Result<Vec<Result<Epoch, AppendError>>, StoreError>;

/// Appends of one worker.
pub(crate) struct Commit {
    pub(crate) worker: WorkerId,
    pub(crate) batch: Vec<Encoded>,
    pub(crate) now: Timestamp,
}

/// A delivery, as text.
pub(crate) struct Deliver {
    pub(crate) saga: SagaId,
    pub(crate) body: String,
    pub(crate) now: Timestamp,
}
