//! The sagas that a worker drives.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use saga_core::store::DeliveryId;
use saga_core::{SagaId, Timestamp};
use tokio::sync::{Notify, watch};

use crate::drive::finished::Finished;
use crate::drive::mailbox::Mailbox;
use crate::value::guard::guard;

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
    /// Suspects that wait until the process has lived for a while, each with the last delivery that was seen for it.
    held_back: Mutex<BTreeMap<SagaId, DeliveryId>>,
    /// Whether the worker may hold a saga that no driver drives.
    doubt: AtomicBool,
    /// Rung when a driver ends.
    pub(crate) freed: Notify,
    /// Rung when there may be something to claim that there was no leave to claim before.
    pub(crate) look: Notify,
    /// Aborts what is driven: by saga.
    aborts: Mutex<Aborts>,
    /// The number of claims and creations that are on their way to a driver.
    pub(crate) coming: AtomicUsize,
    /// Rung when one of them has arrived.
    pub(crate) arrived: Notify,
    /// To be closed, also if this worker has no code for it.
    closing: Mutex<BTreeSet<SagaId>>,
}

#[derive(Default)]
struct Aborts {
    by_saga: HashMap<SagaId, tokio::task::AbortHandle, RandomState>,
    /// Whether the runtime is gone: a driver that starts after that ends at once.
    is_over: bool,
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
    pub(crate) fn ring(&self) {
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

    /// Returns true, once, if the worker may hold such a saga.
    pub(crate) fn take_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::AcqRel)
    }

    /// Notes that an operator abandons that saga: the next look claims it, whatever its type.
    pub(crate) fn close(&self, saga: &SagaId) {
        if guard(&self.closing).insert(saga.clone()) {
            self.look.notify_one();
        }
    }

    /// Closes that saga at the next look: the store failed when it was to be claimed.
    pub(crate) fn close_later(&self, saga: &SagaId) {
        guard(&self.closing).insert(saga.clone());
    }

    /// Returns, once, a saga that is to be closed.
    pub(crate) fn take_closing(&self) -> Option<SagaId> {
        guard(&self.closing).pop_first()
    }

    /// Holds back a suspect. Deliveries up to this one are no reason to claim it.
    pub(crate) fn holds_back(&self, saga: &SagaId, seen: Option<DeliveryId>) {
        guard(&self.held_back).insert(saga.clone(), seen.unwrap_or(DeliveryId(0)));
    }

    /// Notes that a saga is not held back, or not any more.
    pub(crate) fn runs_again(&self, saga: &SagaId) {
        guard(&self.held_back).remove(saga);
    }

    /// Returns the suspects that are held back, each with the last delivery that was seen for it.
    pub(crate) fn held_back(&self) -> Vec<(SagaId, DeliveryId)> {
        guard(&self.held_back).iter().map(|(saga, seen)| (saga.clone(), *seen)).collect()
    }

    /// Returns true if a quarantined saga is running that has not made progress yet.
    pub(crate) fn has_quarantined(&self) -> bool {
        guard(&self.quarantined).is_some()
    }

    /// Notes that this saga is the quarantined one that runs.
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
    /// Returns true if this is the first creation of `saga` at `now`.
    pub(crate) fn is_first(&self, saga: &SagaId, now: Timestamp) -> bool {
        let mut created = guard(&self.at);
        if created.0 != now {
            *created = (now, HashSet::default());
        }
        created.1.insert(saga.clone())
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
