//! Group commit: what running sagas want to be durable is collected while a batch is on its way to the store, and goes
//! out as the next one. A store that fails makes the sagas wait; it never makes them fail.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use saga_core::store::{Append, AppendError, Store, StoreError, WorkerId};
use saga_core::{Epoch, policy};
use tokio::sync::{mpsc, watch};

use crate::clock::{Clock, Dice};

/// A batch is no larger than this.
const BATCH_MAX: usize = 1024;
/// So often a failing store is tried while the runtime shuts down: what is not recorded then is in doubt, and taken up
/// by the next worker.
const DRAIN_TRIES: u32 = 10;

/// Why an append did not come through.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CommitError {
    #[error(transparent)]
    Refused(#[from] AppendError),
    /// The worker may not write any more.
    #[error("{0}")]
    Lost(String),
}

pub(crate) type Ack = Result<Epoch, CommitError>;

struct Request {
    append: Append,
    ack: AckTo,
    /// The worker's number when it was handed in. Once it has another, whoever handed this in is gone, and would never
    /// drive what it creates.
    worker: u64,
}

/// Where the answer to an append is put. Whoever commits again and again, one append at a time, has one and keeps it.
#[derive(Default)]
pub(crate) struct AckSlot {
    answer: Mutex<Option<Ack>>,
    waiter: AtomicWaker,
}

impl AckSlot {
    fn put(&self, ack: Ack) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(ack);
        self.waiter.wake();
    }

    /// Takes the answer when it is there.
    async fn taken(&self) -> Ack {
        poll_fn(|cx| {
            self.waiter.register(cx.waker());
            match self.answer.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(ack) => Poll::Ready(ack),
                None => Poll::Pending,
            }
        })
        .await
    }
}

/// Puts an answer into a slot: exactly one, whatever becomes of the committer.
struct AckTo(Option<Arc<AckSlot>>);

impl AckTo {
    fn answer(mut self, ack: Ack) {
        if let Some(slot) = self.0.take() {
            slot.put(ack);
        }
    }
}

impl Drop for AckTo {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.put(Err(CommitError::Lost("the runtime has shut down".to_owned())));
        }
    }
}

/// Where appends are handed in.
#[derive(Clone)]
pub(crate) struct Committer {
    requests: mpsc::UnboundedSender<Request>,
    worker: Arc<AtomicU64>,
}

impl Committer {
    /// Hands in an append at once, and returns when it is durable, or refused. `slot` is used for nothing else meanwhile.
    pub(crate) fn commit<'a>(
        &self,
        append: Append,
        slot: &'a Arc<AckSlot>,
    ) -> impl Future<Output = Ack> + Send + use<'a> {
        // If nobody takes it any more, dropping it answers.
        let worker = self.worker.load(Ordering::Acquire);
        drop(self.requests.send(Request { append, ack: AckTo(Some(slot.clone())), worker }));
        slot.taken()
    }
}

/// What the committer works with.
pub(crate) struct CommitterParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<dyn Dice>,
    /// The present worker number; changes when the lease was lost and taken anew.
    pub(crate) worker: Arc<AtomicU64>,
    /// What the store says while it fails; `None` while it works.
    pub(crate) trouble: watch::Sender<Option<String>>,
    /// Whether the runtime shuts down: a store that fails is then not waited for without end.
    pub(crate) draining: watch::Receiver<bool>,
    /// Rung when the lease is found to be lost.
    pub(crate) lease_lost: Arc<tokio::sync::Notify>,
}

/// Makes the committer and the task that it needs.
pub(crate) fn committer(parts: CommitterParts) -> (Committer, impl Future<Output = ()> + Send) {
    let (requests, inbox) = mpsc::unbounded_channel();
    (Committer { requests, worker: parts.worker.clone() }, run(parts, inbox))
}

async fn run(parts: CommitterParts, mut inbox: mpsc::UnboundedReceiver<Request>) {
    let mut requests = Vec::new();
    loop {
        if inbox.recv_many(&mut requests, BATCH_MAX).await == 0 {
            return;
        }
        let mut batch = Vec::with_capacity(requests.len());
        let mut acks = Vec::with_capacity(requests.len());
        let worker = parts.worker.load(Ordering::Acquire);
        for request in requests.drain(..) {
            if request.worker != worker {
                request.ack.answer(Err(CommitError::Lost("the worker has lost its lease since".to_owned())));
                continue;
            }
            batch.push(request.append);
            acks.push(request.ack);
        }
        if batch.is_empty() {
            continue;
        }
        match write(&parts, WorkerId(worker), &batch).await {
            Ok(answers) => {
                for (ack, answer) in acks.into_iter().zip(answers) {
                    ack.answer(answer.map_err(CommitError::from));
                }
            }
            Err(error) => {
                tracing::error!(%error, "a batch could not be written");
                for ack in acks {
                    ack.answer(Err(CommitError::Lost(error.to_string())));
                }
                if matches!(error, StoreError::LeaseLost) {
                    // Unless that is known, and the worker has begun anew.
                    if parts.worker.load(Ordering::Acquire) == worker {
                        parts.lease_lost.notify_one();
                    }
                } else {
                    // Its sagas are taken up again; not at once, lest a store that is broken be all there is to do.
                    tokio::time::sleep(pause(10, parts.dice.draw())).await;
                }
            }
        }
    }
}

/// Writes the batch, as often as it takes; an error means that this worker never will.
async fn write(
    parts: &CommitterParts,
    worker: WorkerId,
    batch: &[Append],
) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
    let mut tries = 0;
    loop {
        match parts.store.commit(worker, batch, parts.clock.now()).await {
            Ok(answers) => {
                if tries > 0 {
                    tracing::info!(tries, "the store works again");
                    parts.trouble.send_replace(None);
                }
                return Ok(answers);
            }
            Err(error) if error.is_transient() && *parts.draining.borrow() && tries >= DRAIN_TRIES => {
                return Err(error);
            }
            Err(error) if error.is_transient() => {
                tries += 1;
                tracing::warn!(%error, tries, "the store failed; the sagas wait");
                parts.trouble.send_replace(Some(error.to_string()));
                tokio::time::sleep(pause(tries, parts.dice.draw())).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// How long to leave a failing store alone.
pub(crate) fn pause(tries: u32, random: u64) -> Duration {
    let retry = policy::Retry {
        attempts: u32::MAX,
        backoff_min: Duration::from_millis(20),
        backoff_max: Duration::from_secs(2),
        within: None,
    };
    Duration::from_millis(5) + retry.wait(tries, random)
}
