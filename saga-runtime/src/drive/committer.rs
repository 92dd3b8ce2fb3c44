//! Group commit: appends of running sagas are collected while a batch is in flight to the store, and become the next
//! batch. A failing store makes the sagas wait; it never makes them fail.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use saga_core::Epoch;
use saga_core::store::{Append, AppendError, Store, StoreError, WorkerId};
use tokio::sync::{Notify, watch};

use crate::drive::ack_slot::AckSlot;
use crate::value::clock::{Clock, Rng, Stopwatch};
use crate::value::pause;

/// The maximum number of appends in a batch.
const BATCH_MAX: usize = 1024;
/// The number of tries of a failing store during a shutdown. Attempts without a record are then in doubt, and recovered
/// by the next worker.
pub(crate) const DRAIN_TRIES: u32 = 10;

/// The reason for which an append was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CommitError {
    #[error(transparent)]
    Refused(#[from] AppendError),
    /// The store will never write it.
    #[error(transparent)]
    Store(StoreError),
    /// It is not known whether it was written, and this worker no longer drives the saga.
    #[error("{0}")]
    Lost(String),
}

pub(crate) type Ack = Result<Epoch, CommitError>;

struct Request {
    append: Append,
    ack: AckTo,
    /// The worker's number at the time of the request. If the number has changed since, the requesting task is gone,
    /// and would never drive a saga that this append creates.
    worker: u64,
}

/// Puts exactly one answer into a slot, also when the committer is dropped.
struct AckTo(Option<Arc<AckSlot<Ack>>>);

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

/// The requests that the committer has not taken yet.
#[derive(Default)]
struct Inbox {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    requests: Vec<Request>,
    /// True once the committer is gone.
    closed: bool,
}

impl Inbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, request: Request) {
        let mut waiting = self.waiting();
        // If the committer is gone, dropping the request answers it.
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

    /// Takes the first requests, at most one batch. `into` must be empty.
    fn take(&self, into: &mut Vec<Request>) {
        let mut waiting = self.waiting();
        match waiting.requests.len() <= BATCH_MAX {
            true => std::mem::swap(&mut waiting.requests, into),
            false => into.extend(waiting.requests.drain(..BATCH_MAX)),
        }
    }
}

/// The committer's side of the inbox. Dropping it answers all requests, those present and later ones.
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

/// The entry for appends.
#[derive(Clone)]
pub(crate) struct Committer {
    inbox: Arc<Inbox>,
    worker: Arc<AtomicU64>,
}

impl Committer {
    /// Requests an append at once, and returns when it is durable or refused. `slot` must not be used otherwise
    /// meanwhile.
    pub(crate) fn commit<'a>(
        &self,
        append: Append,
        slot: &'a Arc<AckSlot<Ack>>,
    ) -> impl Future<Output = Ack> + Send + use<'a> {
        let worker = self.worker.load(Ordering::Acquire);
        self.inbox.put(Request { append, ack: AckTo(Some(slot.clone())), worker });
        slot.taken()
    }
}

/// The dependencies of the committer.
pub(crate) struct CommitterParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    /// The present worker number; it changes when the lease was lost and acquired again.
    pub(crate) worker: Arc<AtomicU64>,
    /// The store's present error; `None` while the store works.
    pub(crate) trouble: watch::Sender<Option<String>>,
    /// True once the runtime shuts down: the wait for a failing store is then limited.
    pub(crate) draining: watch::Receiver<bool>,
    /// Notified when the lease is found to be lost.
    pub(crate) lease_lost: Arc<Notify>,
}

/// Returns the committer, and the task that must run for it.
pub(crate) fn committer(parts: CommitterParts) -> (Committer, impl Future<Output = ()> + Send) {
    let inbox = Arc::new(Inbox::default());
    let taker = Taker(inbox.clone());
    (Committer { inbox, worker: parts.worker.clone() }, run(parts, taker))
}

/// The batch for the store. Reused to save allocations.
#[derive(Default)]
struct Batch {
    requests: Vec<Request>,
    appends: Vec<Append>,
    acks: Vec<AckTo>,
    worker: u64,
}

impl Batch {
    /// Takes the waiting requests.
    fn fill(&mut self, inbox: &Inbox, worker: u64) {
        debug_assert!(self.acks.is_empty(), "the batch before was answered");
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
        debug_assert_eq!(self.appends.len(), self.acks.len(), "each append has a caller that waits for it");
    }
}

async fn run(parts: CommitterParts, taker: Taker) {
    let inbox = &*taker.0;
    let mut batch = Batch::default();
    let mut pace = Pace::default();
    // Answers of the store that were not delivered yet.
    let mut untold: Vec<(AckTo, Ack)> = Vec::new();
    loop {
        while inbox.is_empty() {
            pace.tells();
            tell(untold.drain(..));
            inbox.news.notified().await;
        }
        let all_together = pace.all_go_on_together();
        if all_together {
            // Sagas that got their answers late catch up with the others.
            tell(untold.drain(..));
            tokio::task::yield_now().await;
        }
        batch.fill(inbox, parts.worker.load(Ordering::Acquire));
        if batch.appends.is_empty() {
            continue;
        }
        if batch.appends.len() == 1 {
            // The store may write this append in place. Pending answers must not wait for its sync.
            tell(untold.drain(..));
        }
        let watch = pace.writes();
        let written = {
            let mut writing = pin!(write(&parts, WorkerId(batch.worker), &batch.appends));
            // After one poll the store has the batch. Answers to the previous batch are delivered while it writes.
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
            // Half of the answers are delivered first. Their sagas give the store work while the others continue.
            tell(untold.drain(..untold.len() / 2));
            tokio::task::yield_now().await;
        }
    }
}

fn tell(answers: impl Iterator<Item = (AckTo, Ack)>) {
    answers.for_each(|(ack, answer)| ack.answer(answer));
}

/// Answers a batch that will never be written.
async fn refuse(parts: &CommitterParts, batch: &mut Batch, error: StoreError) {
    tracing::error!(%error, "a batch could not be written");
    for ack in batch.acks.drain(..) {
        ack.answer(Err(CommitError::Store(error.clone())));
    }
    if matches!(error, StoreError::LeaseLost) {
        // This is skipped if the loss is known already, and the worker has joined again.
        if parts.worker.load(Ordering::Acquire) == batch.worker {
            parts.lease_lost.notify_one();
        }
    } else {
        // The sagas of the batch are recovered, after a pause: a permanently failing store must not cause a busy loop.
        tokio::time::sleep(pause(10, parts.rng.draw())).await;
    }
}

/// Answers a batch for which the store's answers do not match: each append may be durable or not. Its sagas are
/// recovered from what is durable.
async fn misanswered(parts: &CommitterParts, batch: &mut Batch, answers: usize) {
    let why = format!("the store gave {answers} answers to {} appends", batch.acks.len());
    tracing::error!("{why}");
    batch.acks.drain(..).for_each(|ack| ack.answer(Err(CommitError::Lost(why.clone()))));
    tokio::time::sleep(pause(10, parts.rng.draw())).await;
}

/// Measures the store's time for a batch, and the sagas' time from its answers to their next requests.
#[derive(Default)]
struct Pace {
    told: Option<Stopwatch>,
    /// True if the batch being written has all pending requests.
    is_all: bool,
    sagas: Duration,
    store: Duration,
    rounds: u32,
}

impl Pace {
    /// Returns true at intervals: all sagas then continue together, which measures whether halves are still worthwhile.
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

    /// Returns true if the answers are better delivered in two halves, so that store and sagas work at the same time.
    /// That costs one more sync each round, and saves the shorter of the two times. It pays if a sync is short compared
    /// with the sagas' time. The syncs are most of the store's time; the rest grows with the sagas' time.
    fn has_the_store_wait(&self) -> bool {
        self.store * 5 < self.sagas * 4
    }
}

/// Writes the batch, with retries; an error means that this worker never will.
async fn write(
    parts: &CommitterParts,
    worker: WorkerId,
    batch: &[Append],
) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
    let mut tries = 0;
    loop {
        match parts.store.commit(worker, batch, parts.clock.now()).await {
            Ok(answers) => {
                // The trouble was reported by this batch, or by an earlier one that was abandoned.
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
                tokio::time::sleep(pause(tries, parts.rng.draw())).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Returns how long to wait before a failing store is tried again.
pub(crate) fn pause(tries: u32, random: u64) -> Duration {
    pause::pause(Duration::from_millis(20), Duration::from_secs(2), tries, random)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Simulates a round: all sagas get their answers and request again after a time; then the store takes its time.
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
