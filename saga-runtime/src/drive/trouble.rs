//! The problems of the store that this worker has met, and the sagas that it cannot read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use foldhash::fast::RandomState;
use saga_core::store::{DeliveryId, LeftOut, Store};
use saga_core::{SagaId, Timestamp};
use tokio::sync::watch;

use crate::value::guard::guard;

/// The problems of a worker.
pub(crate) struct Troubles {
    /// What the store says while commits fail.
    commits: watch::Receiver<Option<String>>,
    /// The error of the last attempt to claim work or to join; `None` if it succeeded.
    look: Mutex<Option<String>>,
    /// The store's own report when it was last asked; `None` if it reported nothing.
    told: Mutex<Option<String>>,
    /// The sagas with journals that cannot be read, each with the last delivery seen there.
    unreadable: Mutex<HashMap<SagaId, DeliveryId, RandomState>>,
    /// The suspect that is held back and has waited longest, and until when.
    held_back: Mutex<Option<String>>,
}

impl Troubles {
    /// Returns a record of problems that has those of `commits`.
    pub(crate) fn with_commits(commits: watch::Receiver<Option<String>>) -> Self {
        Self {
            commits,
            look: Mutex::default(),
            told: Mutex::default(),
            unreadable: Mutex::default(),
            held_back: Mutex::default(),
        }
    }

    /// Sets or clears the error of claiming work.
    pub(crate) fn set_look(&self, trouble: Option<String>) {
        *guard(&self.look) = trouble;
    }

    /// Sets the suspect that is held back, and until when; logs it when it changes.
    pub(crate) fn set_held_back(&self, held_back: Option<(Timestamp, LeftOut)>) {
        let told = held_back.map(|(until, LeftOut { saga, deaths, since })| {
            format!(
                "saga {saga} is held back until {until}: it waits since {since}, and {deaths} deaths of its processes are \
                 charged to it"
            )
        });
        let mut known = guard(&self.held_back);
        if let Some(told) = told.as_ref().filter(|told| known.as_ref() != Some(told)) {
            tracing::warn!("{told}");
        }
        *known = told;
    }

    /// Returns which saga is held back, and until when.
    pub(crate) fn held_back(&self) -> Option<String> {
        guard(&self.held_back).clone()
    }

    /// Logs the store's own report when it changes.
    pub(crate) fn ask(&self, store: &dyn Store) {
        let says = store.trouble();
        let mut told = guard(&self.told);
        if *told == says {
            return;
        }
        match &says {
            Some(trouble) => tracing::warn!(trouble, "the store has a trouble"),
            None => tracing::info!("the store has no trouble any more"),
        }
        *told = says;
    }

    /// Returns all problems in one line; `None` if there are none.
    pub(crate) fn told(&self, store: &dyn Store) -> Option<String> {
        let mut all: Vec<String> = Vec::new();
        let commits = self.commits.borrow().clone();
        for trouble in [commits, guard(&self.look).clone(), store.trouble()].into_iter().flatten() {
            if !all.contains(&trouble) {
                all.push(trouble);
            }
        }
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Records that a saga cannot be read, with deliveries up to `seen` waiting.
    pub(crate) fn is_unreadable(&self, saga: &SagaId, seen: DeliveryId) {
        guard(&self.unreadable).insert(saga.clone(), seen);
    }

    /// Returns true if the saga cannot be read, and the delivery was already seen.
    pub(crate) fn was_seen_in_vain(&self, saga: &SagaId, delivery: DeliveryId) -> bool {
        guard(&self.unreadable).get(saga).is_some_and(|seen| delivery <= *seen)
    }

    /// Records that a saga can be read.
    pub(crate) fn is_readable(&self, saga: &SagaId) {
        let mut unreadable = guard(&self.unreadable);
        if !unreadable.is_empty() {
            unreadable.remove(saga);
        }
    }

    /// Returns the unreadable sagas, in a fixed order.
    pub(crate) fn unreadable(&self) -> Vec<(SagaId, DeliveryId)> {
        let unreadable: BTreeMap<_, _> =
            guard(&self.unreadable).iter().map(|(saga, seen)| (saga.clone(), *seen)).collect();
        unreadable.into_iter().collect()
    }
}
