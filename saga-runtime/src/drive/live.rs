//! The sagas that a worker drives.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use saga_core::{Epoch, SagaId, Timestamp};
use tokio::sync::{Notify, watch};

use crate::drive::finished::Finished;
use crate::drive::mailbox::Mailbox;
use crate::drive::suspicion::Suspicion;
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
    suspects: Mutex<Suspected>,
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

/// The suspects that this worker drives.
#[derive(Default)]
struct Suspected {
    /// Those that run and have not made progress yet, each with true if it runs together with others.
    running: BTreeMap<SagaId, bool>,
    /// What was decided for each claim of a saga that has died: it is decided once.
    judged: BTreeMap<SagaId, (Epoch, Suspicion)>,
    /// True once a suspect has made progress.
    is_calm: bool,
}

/// The suspects that run, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quarantine {
    Empty,
    /// One that runs while no other does.
    One,
    /// So many that may run together.
    Together(usize),
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

    /// Returns the sagas that are driven, in a fixed order.
    pub(crate) fn sagas(&self) -> Vec<SagaId> {
        let mut sagas: Vec<SagaId> = guard(&self.sagas).keys().cloned().collect();
        sagas.sort();
        sagas
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
        if sagas.len() == 1 {
            // It does not run alone any more: what its death costs changes.
            sagas.values().for_each(|alone| alone.mailbox.ring());
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
        // The time in which this process lives without them begins anew.
        *guard(&self.suspects) = Suspected::default();
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

    /// Returns the suspects that run and have not made progress yet.
    pub(crate) fn quarantined(&self) -> Quarantine {
        let suspects = guard(&self.suspects);
        match suspects.running.len() {
            0 => Quarantine::Empty,
            several if suspects.running.values().all(|together| *together) => Quarantine::Together(several),
            _ => Quarantine::One,
        }
    }

    /// Returns true if a suspect has made progress in this process.
    pub(crate) fn is_calm(&self) -> bool {
        guard(&self.suspects).is_calm
    }

    /// Notes that this suspect runs.
    pub(crate) fn quarantine(&self, saga: &SagaId, together: bool) {
        guard(&self.suspects).running.insert(saga.clone(), together);
        if together {
            self.look.notify_one();
        }
    }

    /// Notes that this saga has made progress, and so is not what killed the processes.
    pub(crate) fn acquit(&self, saga: &SagaId) {
        {
            let mut suspects = guard(&self.suspects);
            suspects.judged.remove(saga);
            suspects.is_calm |= suspects.running.contains_key(saga);
        }
        self.leave_quarantine(saga);
    }

    /// Ends the quarantine of this saga. The next may run.
    pub(crate) fn leave_quarantine(&self, saga: &SagaId) {
        if guard(&self.suspects).running.remove(saga).is_some() {
            self.look.notify_one();
        }
    }

    /// Returns what was decided for this claim; `None` if nothing was.
    pub(crate) fn judged(&self, saga: &SagaId, epoch: Epoch) -> Option<Suspicion> {
        let known = guard(&self.suspects).judged.get(saga).copied();
        known.filter(|(of, _)| *of == epoch).map(|(_, suspicion)| suspicion)
    }

    /// Notes what is decided for this claim.
    pub(crate) fn judges(&self, saga: &SagaId, epoch: Epoch, suspicion: Suspicion) {
        guard(&self.suspects).judged.insert(saga.clone(), (epoch, suspicion));
    }

    /// Forgets what was decided: the claim has ended.
    pub(crate) fn forget_judged(&self, saga: &SagaId) {
        guard(&self.suspects).judged.remove(saga);
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
