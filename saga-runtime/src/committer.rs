//! Group commit: what running sagas want to be durable is collected while a batch is on its way to the store, and goes
//! out as the next one. A store that fails makes the sagas wait; it never makes them fail.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::task::AtomicWaker;
use saga_core::store::{Append, AppendError, Store, StoreError, WorkerId};
use saga_core::{Epoch, policy};
use tokio::sync::{Notify, watch};

use crate::clock::{Clock, Dice, Stopwatch};
use crate::error::RunError;

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
    /// The store will not write it, in whatever time.
    #[error(transparent)]
    Store(StoreError),
    /// Nobody knows whether it was written, or who would go on with it.
    #[error("{0}")]
    Lost(String),
}

/// Of a saga that was to be created.
impl From<CommitError> for RunError {
    fn from(error: CommitError) -> Self {
        RunError::Store(match error {
            CommitError::Store(error) => error,
            lost => StoreError::unavailable(lost.to_string()),
        })
    }
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

/// Where requests wait until the committer takes them.
#[derive(Default)]
struct Inbox {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    requests: Vec<Request>,
    /// Whether nobody takes them any more.
    closed: bool,
}

impl Inbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, request: Request) {
        let mut waiting = self.waiting();
        // If nobody takes it any more, dropping it answers.
        if !waiting.closed {
            waiting.requests.push(request);
            if waiting.requests.len() == 1 {
                self.news.notify_one();
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.waiting().requests.is_empty()
    }

    /// Takes the first of what waits, no more than fits into a batch. `into` is empty.
    fn take(&self, into: &mut Vec<Request>) {
        let mut waiting = self.waiting();
        match waiting.requests.len() <= BATCH_MAX {
            true => std::mem::swap(&mut waiting.requests, into),
            false => into.extend(waiting.requests.drain(..BATCH_MAX)),
        }
    }
}

/// The committer's side of the inbox: once it is gone, whatever is handed in is answered at once.
struct Taker(Arc<Inbox>);

impl Drop for Taker {
    fn drop(&mut self) {
        let requests = {
            let mut waiting = self.0.waiting();
            waiting.closed = true;
            std::mem::take(&mut waiting.requests)
        };
        drop(requests);
    }
}

/// Where appends are handed in.
#[derive(Clone)]
pub(crate) struct Committer {
    inbox: Arc<Inbox>,
    worker: Arc<AtomicU64>,
}

impl Committer {
    /// Hands in an append at once, and returns when it is durable, or refused. `slot` is used for nothing else meanwhile.
    pub(crate) fn commit<'a>(
        &self,
        append: Append,
        slot: &'a Arc<AckSlot>,
    ) -> impl Future<Output = Ack> + Send + use<'a> {
        let worker = self.worker.load(Ordering::Acquire);
        self.inbox.put(Request { append, ack: AckTo(Some(slot.clone())), worker });
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
    pub(crate) lease_lost: Arc<Notify>,
}

/// Makes the committer and the task that it needs.
pub(crate) fn committer(parts: CommitterParts) -> (Committer, impl Future<Output = ()> + Send) {
    let inbox = Arc::new(Inbox::default());
    let taker = Taker(inbox.clone());
    (Committer { inbox, worker: parts.worker.clone() }, run(parts, taker))
}

/// What goes to the store at once. Kept for its room.
#[derive(Default)]
struct Batch {
    requests: Vec<Request>,
    appends: Vec<Append>,
    acks: Vec<AckTo>,
    worker: u64,
}

impl Batch {
    /// Takes what waits.
    fn fill(&mut self, inbox: &Inbox, worker: u64) {
        self.worker = worker;
        self.appends.clear();
        inbox.take(&mut self.requests);
        for request in self.requests.drain(..) {
            if request.worker != worker {
                request.ack.answer(Err(CommitError::Lost("the worker has lost its lease since".to_owned())));
                continue;
            }
            self.appends.push(request.append);
            self.acks.push(request.ack);
        }
    }
}

async fn run(parts: CommitterParts, taker: Taker) {
    let inbox = &*taker.0;
    let mut batch = Batch::default();
    let mut pace = Pace::default();
    // Answers that have come and have not been told.
    let mut untold: Vec<(AckTo, Ack)> = Vec::new();
    loop {
        while inbox.is_empty() {
            pace.tells();
            tell(untold.drain(..));
            inbox.news.notified().await;
        }
        let all_together = pace.all_go_on_together();
        if all_together {
            // Whoever was told later than the others catches up with them.
            tell(untold.drain(..));
            tokio::task::yield_now().await;
        }
        batch.fill(inbox, parts.worker.load(Ordering::Acquire));
        if batch.appends.is_empty() {
            continue;
        }
        if batch.appends.len() == 1 {
            // It may be written in place, and those of the batch before are not to wait for another's sync.
            tell(untold.drain(..));
        }
        let watch = pace.writes();
        let written = {
            let mut writing = pin!(write(&parts, WorkerId(batch.worker), &batch.appends));
            // With one poll it is the store's: what comes now of the batch before goes on beside it.
            let at_once = writing.as_mut().now_or_never();
            tell(untold.drain(..));
            match at_once {
                Some(written) => written,
                None => writing.await,
            }
        };
        pace.has_written(watch);
        match written {
            Ok(answers) if answers.len() != batch.acks.len() => {
                misanswered(&parts, &mut batch, answers.len()).await
            }
            Ok(answers) => {
                let answers = answers.into_iter().map(|answer| answer.map_err(CommitError::from));
                untold.extend(batch.acks.drain(..).zip(answers));
            }
            Err(error) => refuse(&parts, &mut batch, error).await,
        }
        if !all_together && pace.has_the_store_wait() && inbox.is_empty() {
            // Half of them go on first, and give the store something to do while the others go on.
            tell(untold.drain(..untold.len() / 2));
            tokio::task::yield_now().await;
        }
    }
}

fn tell(answers: impl Iterator<Item = (AckTo, Ack)>) {
    answers.for_each(|(ack, answer)| ack.answer(answer));
}

/// The batch will never be written.
async fn refuse(parts: &CommitterParts, batch: &mut Batch, error: StoreError) {
    tracing::error!(%error, "a batch could not be written");
    for ack in batch.acks.drain(..) {
        ack.answer(Err(CommitError::Store(error.clone())));
    }
    if matches!(error, StoreError::LeaseLost) {
        // Unless that is known, and the worker has begun anew.
        if parts.worker.load(Ordering::Acquire) == batch.worker {
            parts.lease_lost.notify_one();
        }
    } else {
        // Its sagas are taken up again; not at once, lest a store that is broken be all there is to do.
        tokio::time::sleep(pause(10, parts.dice.draw())).await;
    }
}

/// Nobody knows which answer is to which append: each may be durable, or not. Its sagas are taken up again, from what is.
async fn misanswered(parts: &CommitterParts, batch: &mut Batch, answers: usize) {
    let why = format!("the store gave {answers} answers to {} appends", batch.acks.len());
    tracing::error!("{why}");
    batch.acks.drain(..).for_each(|ack| ack.answer(Err(CommitError::Lost(why.clone()))));
    tokio::time::sleep(pause(10, parts.dice.draw())).await;
}

/// How long the store takes for a batch, and how long the sagas take from its answers to the next one.
#[derive(Default)]
struct Pace {
    told: Option<Stopwatch>,
    /// Whether what is being written is all that the sagas want.
    is_all: bool,
    sagas: Duration,
    store: Duration,
    rounds: u32,
}

impl Pace {
    /// Every now and then who went on in two halves goes on together again, so that it is measured whether they should.
    fn all_go_on_together(&mut self) -> bool {
        self.rounds = self.rounds.wrapping_add(1);
        self.rounds.is_multiple_of(32)
    }

    fn tells(&mut self) {
        self.told = Some(Stopwatch::start());
    }

    fn writes(&mut self) -> Stopwatch {
        let told = self.told.take();
        self.is_all = told.is_some();
        self.sagas = told.map_or(self.sagas, |told| told.elapsed());
        Stopwatch::start()
    }

    fn has_written(&mut self, watch: Stopwatch) {
        if self.is_all {
            self.store = watch.elapsed();
        }
    }

    /// Whether store and sagas, taking turns, would do better side by side with half a batch each. That costs one more
    /// sync each round, and saves the shorter of the two times, so it pays where a sync is short beside what the sagas
    /// take. The syncs are the greater part of the store's time, the other part grows with the sagas'.
    fn has_the_store_wait(&self) -> bool {
        self.store * 5 < self.sagas * 4
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
                // Told by this batch, or by one that was given up.
                if parts.trouble.borrow().is_some() {
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

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// All sagas are told, and take so long until they want something again; and the store for that.
    async fn round(pace: &mut Pace, sagas: Duration, store: Duration) {
        pace.tells();
        advance(sagas).await;
        write(pace, store).await;
    }

    async fn write(pace: &mut Pace, store: Duration) {
        let watch = pace.writes();
        advance(store).await;
        pace.has_written(watch);
    }

    #[tokio::test(start_paused = true)]
    async fn halves_are_for_sagas_that_take_longer_than_the_store() {
        let mut pace = Pace::default();
        assert!(!pace.has_the_store_wait(), "nothing is known yet");
        round(&mut pace, 2 * MS, MS).await;
        assert!(pace.has_the_store_wait());
        write(&mut pace, 100 * MS).await;
        assert!(pace.has_the_store_wait(), "what the store takes beside the other half says nothing");
        round(&mut pace, MS, MS).await;
        assert!(!pace.has_the_store_wait());
    }

    #[test]
    fn every_now_and_then_all_go_on_together() {
        let mut pace = Pace::default();
        let together: Vec<u32> = (1..=96).filter(|_| pace.all_go_on_together()).collect();
        assert_eq!(together, [32, 64, 96]);
    }
}
