//! What is wrong with the store, as this worker meets it, and which sagas it cannot read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use saga_core::SagaId;
use saga_core::store::{DeliveryId, Store};

/// What a worker has met beside commits that fail.
#[derive(Default)]
pub(crate) struct Troubles {
    /// Why it cannot look for work, or join.
    look: Mutex<Option<String>>,
    /// What the store said of itself when it was asked last.
    told: Mutex<Option<String>>,
    /// The sagas whose journals it cannot read, each with the last delivery that waited there.
    unreadable: Mutex<HashMap<SagaId, DeliveryId, RandomState>>,
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Troubles {
    /// A look for work failed so, or did not.
    pub(crate) fn set_look(&self, trouble: Option<String>) {
        *guard(&self.look) = trouble;
    }

    /// Logs what the store says of itself, once.
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

    /// All of it, in one line.
    pub(crate) fn told(&self, commits: Option<String>, store: &dyn Store) -> Option<String> {
        let mut all: Vec<String> = Vec::new();
        for trouble in [commits, guard(&self.look).clone(), store.trouble()].into_iter().flatten() {
            if !all.contains(&trouble) {
                all.push(trouble);
            }
        }
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// This saga cannot be read; deliveries up to `seen` wait there.
    pub(crate) fn is_unreadable(&self, saga: &SagaId, seen: DeliveryId) {
        guard(&self.unreadable).insert(saga.clone(), seen);
    }

    /// Whether this saga cannot be read, and that delivery was seen there.
    pub(crate) fn was_seen_in_vain(&self, saga: &SagaId, delivery: DeliveryId) -> bool {
        guard(&self.unreadable).get(saga).is_some_and(|seen| delivery <= *seen)
    }

    /// This saga can be read.
    pub(crate) fn is_readable(&self, saga: &SagaId) {
        let mut unreadable = guard(&self.unreadable);
        if !unreadable.is_empty() {
            unreadable.remove(saga);
        }
    }

    /// The sagas that cannot be read, in an order.
    pub(crate) fn unreadable(&self) -> Vec<(SagaId, DeliveryId)> {
        let unreadable: BTreeMap<_, _> =
            guard(&self.unreadable).iter().map(|(saga, seen)| (saga.clone(), *seen)).collect();
        unreadable.into_iter().collect()
    }
}
