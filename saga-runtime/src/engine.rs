//! What the parts of one runtime share.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use saga_core::store::{DeliveryId, Store, WorkerId};
use saga_core::{SagaId, Timestamp};
use tokio::sync::{Notify, oneshot, watch};

use crate::bulkhead::Bulkheads;
use crate::clock::{Clock, Dice};
use crate::committer::Committer;
use crate::context::Stopping;
use crate::driver::{Finished, Reply};
use crate::mailbox::Mailbox;
use crate::registry::Registry;
use crate::resources::Resources;
use crate::surroundings::Surroundings;
use crate::trouble::Troubles;

/// What the parts of one runtime share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) resources: Arc<Resources>,
    /// What attempts and bodies work with.
    pub(crate) around: Arc<Surroundings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<dyn Dice>,
    pub(crate) committer: Committer,
    pub(crate) worker: Arc<AtomicU64>,
    pub(crate) live: Live,
    pub(crate) watchers: Arc<Watchers>,
    pub(crate) replies: Replies,
    pub(crate) created: Created,
    pub(crate) worker_name: String,
    pub(crate) running_max: usize,
    pub(crate) bulkheads: Bulkheads,
    /// A saga that waits longer than this is released.
    pub(crate) linger: Duration,
    pub(crate) lease: Duration,
    pub(crate) never_stopping: Arc<Stopping>,
    pub(crate) draining: watch::Sender<bool>,
    /// The same, cheaper to read often.
    pub(crate) drains: AtomicBool,
    /// Set when the time of a shutdown is up: attempts in flight are dropped.
    pub(crate) interrupts: AtomicBool,
    /// Sagas that were released with an attempt in flight.
    pub(crate) interrupted: AtomicUsize,
    /// What the store says while commits fail.
    pub(crate) trouble: watch::Receiver<Option<String>>,
    pub(crate) troubles: Troubles,
    pub(crate) lease_lost: Arc<Notify>,
}

impl Engine {
    pub(crate) fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::Acquire))
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.drains.load(Ordering::Acquire)
    }

    /// Begins to shut down, and wakes each driver for that.
    pub(crate) fn drain(&self) {
        self.drains.store(true, Ordering::Release);
        self.draining.send_replace(true);
        self.live.ring();
        self.watchers.tell_all();
    }

    /// The time of a shutdown is up: each driver drops what is in flight, and releases its saga.
    pub(crate) fn interrupt(&self) {
        self.interrupts.store(true, Ordering::Release);
        self.live.ring();
    }

    pub(crate) fn interrupts(&self) -> bool {
        self.interrupts.load(Ordering::Acquire)
    }

    /// Returns once the runtime shuts down.
    pub(crate) async fn drained(&self) {
        let mut draining = self.draining.subscribe();
        // The sender lives as long as the engine.
        drop(draining.wait_for(|d| *d).await);
    }
}

/// The way to a saga that this worker drives.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) finished: watch::Receiver<Option<Arc<Finished>>>,
}

/// The sagas that this worker drives.
#[derive(Default)]
pub(crate) struct Live {
    sagas: Mutex<HashMap<SagaId, Channel, RandomState>>,
    /// The quarantined saga that runs.
    quarantined: Mutex<Option<SagaId>>,
    /// Whether the worker may hold a saga that no driver drives.
    doubt: AtomicBool,
    /// Rung when a driver ends.
    pub(crate) freed: Notify,
    /// Rung when there may be something to claim that there was no leave to claim before.
    pub(crate) look: Notify,
    /// Aborts what is driven: by saga.
    aborts: Mutex<Aborts>,
    /// To be closed, also if this worker has no code for it.
    closing: Mutex<BTreeSet<SagaId>>,
}

#[derive(Default)]
struct Aborts {
    by_saga: HashMap<SagaId, tokio::task::AbortHandle, RandomState>,
    /// Whether the runtime is gone: a driver that starts after that ends at once.
    is_over: bool,
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    pub(crate) fn get(&self, saga: &SagaId) -> Option<Channel> {
        guard(&self.sagas).get(saga).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        guard(&self.sagas).len()
    }

    /// Enters a saga, unless it is there.
    pub(crate) fn enter(&self, saga: &SagaId, channel: Channel) -> Result<(), Channel> {
        let mut sagas = guard(&self.sagas);
        if let Some(there) = sagas.get(saga) {
            return Err(there.clone());
        }
        sagas.insert(saga.clone(), channel);
        Ok(())
    }

    /// Wakes each driver.
    fn ring(&self) {
        // In an order, so that a run in virtual time can be repeated.
        let sagas: BTreeMap<_, _> = guard(&self.sagas).clone().into_iter().collect();
        sagas.values().for_each(|channel| channel.mailbox.ring());
    }

    pub(crate) fn set_abort(&self, saga: &SagaId, abort: tokio::task::AbortHandle) {
        let mut aborts = guard(&self.aborts);
        if aborts.is_over {
            abort.abort();
        } else if !abort.is_finished() {
            aborts.by_saga.insert(saga.clone(), abort);
        }
    }

    pub(crate) fn remove(&self, saga: &SagaId) {
        guard(&self.sagas).remove(saga);
        guard(&self.aborts).by_saga.remove(saga);
        self.freed.notify_one();
    }

    /// Drops everything that is driven, where it stands.
    pub(crate) fn abort_all(&self) {
        // In an order, so that a run in virtual time can be repeated.
        let aborts: BTreeMap<_, _> = guard(&self.aborts).by_saga.drain().collect();
        aborts.values().for_each(tokio::task::AbortHandle::abort);
        guard(&self.sagas).clear();
        *guard(&self.quarantined) = None;
        self.freed.notify_one();
    }

    /// Drops everything that is driven, because the runtime is gone. A driver may start just after: it ends at once.
    pub(crate) fn end(&self) {
        guard(&self.aborts).is_over = true;
        self.abort_all();
    }

    /// Notes that the worker may hold a saga that no driver drives: the next look asks the store.
    pub(crate) fn doubt(&self) {
        self.doubt.store(true, Ordering::Release);
    }

    /// Whether it may; asked once.
    pub(crate) fn take_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::AcqRel)
    }

    /// Notes that an operator abandons that saga: the next look claims it, whatever its type.
    pub(crate) fn close(&self, saga: &SagaId) {
        if guard(&self.closing).insert(saga.clone()) {
            self.look.notify_one();
        }
    }

    /// One that is to be closed; asked once.
    pub(crate) fn take_closing(&self) -> Option<SagaId> {
        guard(&self.closing).pop_first()
    }

    /// Whether a quarantined saga is running, that has not got on yet.
    pub(crate) fn has_quarantined(&self) -> bool {
        guard(&self.quarantined).is_some()
    }

    /// This saga is it.
    pub(crate) fn quarantine(&self, saga: &SagaId) {
        *guard(&self.quarantined) = Some(saga.clone());
    }

    /// Ends the quarantine of this saga: it was released, or made progress, and so is not what killed the processes.
    /// The next may run.
    pub(crate) fn leave_quarantine(&self, saga: &SagaId) {
        let mut quarantined = guard(&self.quarantined);
        if quarantined.as_ref() == Some(saga) {
            *quarantined = None;
            self.look.notify_one();
        }
    }
}

/// The sagas created in the present millisecond. A store knows a creation that is sent again by its records, so that two
/// of one millisecond look alike to it, and the second would be driven beside the first.
#[derive(Default)]
pub(crate) struct Created {
    at: Mutex<(Timestamp, HashSet<SagaId, RandomState>)>,
}

impl Created {
    /// Whether this is the first creation of `saga` at `now`.
    pub(crate) fn is_first(&self, saga: &SagaId, now: Timestamp) -> bool {
        let mut created = guard(&self.at);
        if created.0 != now {
            *created = (now, HashSet::default());
        }
        created.1.insert(saga.clone())
    }
}

/// The callers that wait for news of sagas.
pub(crate) struct Watchers {
    /// How often to look for what another worker may have done.
    look_every: Duration,
    count: AtomicUsize,
    sagas: Mutex<HashMap<SagaId, (usize, watch::Sender<u64>), RandomState>>,
}

impl Watchers {
    pub(crate) fn looking_every(look_every: Duration) -> Self {
        Self { look_every, count: AtomicUsize::new(0), sagas: Mutex::default() }
    }

    /// There is news of `saga`.
    pub(crate) fn tell(&self, saga: &SagaId) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some((_, news)) = guard(&self.sagas).get(saga) {
            news.send_modify(|n| *n += 1);
        }
    }

    /// There may be news of any saga.
    fn tell_all(&self) {
        guard(&self.sagas).values().for_each(|(_, news)| news.send_modify(|n| *n += 1));
    }

    /// Waits for news of `saga` until it is dropped.
    pub(crate) fn watch(self: &Arc<Self>, saga: &SagaId) -> Watcher {
        let mut sagas = guard(&self.sagas);
        let (count, news) = sagas.entry(saga.clone()).or_insert_with(|| (0, watch::channel(0).0));
        *count += 1;
        self.count.fetch_add(1, Ordering::Release);
        Watcher { watchers: self.clone(), saga: saga.clone(), news: news.subscribe() }
    }
}

/// A caller's wait for news of one saga.
pub(crate) struct Watcher {
    watchers: Arc<Watchers>,
    saga: SagaId,
    news: watch::Receiver<u64>,
}

impl Watcher {
    /// Returns when there may be news since the last return: told by this worker, or looked for every now and then,
    /// for sagas that another worker drives.
    pub(crate) async fn news(&mut self) {
        // The sender is there as long as a watcher is; time running out is the other way to go on.
        drop(tokio::time::timeout(self.watchers.look_every, self.news.changed()).await);
    }
}

/// How often to look for what another worker may have done, where there may be one.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The same, where there is none: every wait is woken by this worker, except for what another process purges.
pub(crate) const LOOK_EVERY_ALONE: Duration = Duration::from_secs(60);

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watchers.count.fetch_sub(1, Ordering::Release);
        let mut sagas = guard(&self.watchers.sagas);
        if let Some((count, _)) = sagas.get_mut(&self.saga) {
            *count -= 1;
            if *count == 0 {
                sagas.remove(&self.saga);
            }
        }
    }
}

/// The answers to deliveries made in this process.
#[derive(Default)]
pub(crate) struct Replies {
    inner: Mutex<ReplyBox>,
}

#[derive(Default)]
struct ReplyBox {
    /// The number of deliveries on their way to the store. Their answers may come before they are waited for.
    expected: usize,
    early: HashMap<DeliveryId, Reply>,
    waiting: HashMap<DeliveryId, oneshot::Sender<Reply>>,
}

impl Replies {
    /// A delivery is on its way to the store.
    pub(crate) fn expect(&self) -> Expected<'_> {
        guard(&self.inner).expected += 1;
        Expected { replies: self, id: None }
    }

    pub(crate) fn answer(&self, id: DeliveryId, reply: Reply) {
        let mut inner = guard(&self.inner);
        match inner.waiting.remove(&id) {
            // The caller may no longer wait.
            Some(waiting) => drop(waiting.send(reply)),
            None if inner.expected > 0 => drop(inner.early.insert(id, reply)),
            None => {}
        }
    }
}

/// An answer that a caller waits for. Dropped, it is no longer waited for.
pub(crate) struct Expected<'a> {
    replies: &'a Replies,
    /// Its number, once it has one.
    id: Option<DeliveryId>,
}

impl Expected<'_> {
    /// The delivery has its number: its answer comes here.
    pub(crate) fn under(&mut self, id: DeliveryId) -> oneshot::Receiver<Reply> {
        let mut inner = guard(&self.replies.inner);
        let (sender, receiver) = oneshot::channel();
        match inner.early.remove(&id) {
            // It is here: the receiver is in this very function.
            Some(reply) => drop(sender.send(reply)),
            None => drop(inner.waiting.insert(id, sender)),
        }
        if self.id.replace(id).is_none() {
            inner.has_number();
        }
        receiver
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut inner = guard(&self.replies.inner);
        match self.id {
            Some(id) => drop(inner.waiting.remove(&id)),
            None => inner.has_number(),
        }
    }
}

impl ReplyBox {
    /// One less is on its way.
    fn has_number(&mut self) {
        self.expected -= 1;
        if self.expected == 0 {
            self.early.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worker may be about to take sagas up at the moment in which the runtime is dropped; with a store that fails
    /// they would look for their journals for ever.
    #[tokio::test]
    async fn what_is_taken_up_after_the_end_ends_at_once() {
        let live = Live::default();
        let saga = SagaId::new("a").unwrap();
        let driven = |saga: &SagaId| {
            let task = tokio::spawn(std::future::pending::<()>());
            live.set_abort(saga, task.abort_handle());
            task
        };
        let before = driven(&saga);
        live.end();
        let after = driven(&saga);
        for task in [before, after] {
            assert!(task.await.is_err_and(|error| error.is_cancelled()));
        }
    }
}
