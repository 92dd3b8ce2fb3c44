//! Limits how many compensations of one step run at a time in one worker. After an outage a thousand sagas may have to
//! be undone at once, and the service that they all call has just come back. A compensation without a slot is queued,
//! in the order of requests. Nothing of it is recorded while it is queued: its attempt begins once it has a slot.
//!
//! No holder of a slot waits for another slot before it uses its own, so there is no deadlock. A slot is free again
//! when it is dropped, for whatever reason.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use saga_core::state::{Effect, Status};
use saga_core::{SitePath, State};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::replay::registry::Registry;

/// Room for one compensation to run.
#[derive(Debug)]
pub(crate) struct Slot(
    #[expect(dead_code, reason = "dropping it is all there is to do")] OwnedSemaphorePermit,
);

/// A place in the queue: that of the compensation of the step at this site.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) site: SitePath,
    room: Arc<Semaphore>,
}

impl Line {
    /// Waits for a slot, first come first served.
    ///
    /// **Cancel safety**: dropping this future leaves the queue; a slot that it already had goes to the next.
    pub(crate) async fn slot(self) -> Slot {
        Slot(self.room.acquire_owned().await.expect("a bulkhead is never closed"))
    }
}

/// The configured limits of concurrent compensations.
#[derive(Debug, Clone)]
pub(crate) struct CompensationsMax {
    pub(crate) of_each: usize,
    pub(crate) of: HashMap<&'static str, usize>,
}

impl Default for CompensationsMax {
    fn default() -> Self {
        Self { of_each: crate::value::defaults::COMPENSATIONS_MAX, of: HashMap::new() }
    }
}

/// The slots of this worker, for each step.
#[derive(Debug)]
pub(crate) struct Bulkheads {
    room: HashMap<&'static str, Arc<Semaphore>>,
}

impl Bulkheads {
    pub(crate) fn new(registry: &Registry, max: &CompensationsMax) -> Self {
        let room = registry.step_names().map(|name| {
            let slots = max.of.get(name).copied().unwrap_or(max.of_each);
            (name, Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS))))
        });
        Self { room: room.collect() }
    }
}

/// The slots of one saga: those not used yet, and those it is queued for.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    had: HashMap<SitePath, Slot>,
    awaited: HashSet<SitePath>,
    /// The places that are to be queued.
    arrived: Vec<Line>,
}

impl Slots {
    /// Returns true if the compensation `step` of the step at `site` has a slot now. If not, it is queued.
    pub(crate) fn request(&mut self, bulkheads: &Bulkheads, site: &SitePath, step: &str) -> bool {
        if self.had.contains_key(site) {
            return true;
        }
        if self.awaited.contains(site) {
            return false;
        }
        let Some(room) = bulkheads.room.get(step) else { return true };
        // The queue is fair: a slot is never free while a compensation is queued for it.
        if let Ok(slot) = room.clone().try_acquire_owned() {
            self.had.insert(site.clone(), Slot(slot));
            return true;
        }
        tracing::debug!(site = %site, step, "a compensation is queued");
        self.awaited.insert(site.clone());
        self.arrived.push(Line { site: site.clone(), room: room.clone() });
        false
    }

    /// Takes the places that are to be queued.
    pub(crate) fn arrived(&mut self) -> std::vec::Drain<'_, Line> {
        self.arrived.drain(..)
    }

    /// Returns true if the saga continues once there is a slot. False if its queued compensations were waived, or the
    /// saga was dead-lettered meanwhile.
    pub(crate) fn hold_up(&self, state: &State) -> bool {
        let owed = |site: &SitePath| state.step(site).is_some_and(|step| !step.is_unwound());
        !state.is_at_rest() && self.awaited.iter().any(owed)
    }

    /// Gives a slot to the compensation at the front of the queue.
    pub(crate) fn give(&mut self, site: SitePath, slot: Slot) {
        self.awaited.remove(&site);
        self.had.insert(site, slot);
    }

    /// Drops the slots of compensations that did not begin.
    pub(crate) fn drop_unused(&mut self, state: &State) {
        let begins =
            |site: &SitePath| state.step(site).is_some_and(|s| s.undoing.as_ref().is_some_and(is_running));
        self.had.retain(|site, _| begins(site));
    }

    /// Takes the slot of the compensation of the step at `site`, to be kept while it runs.
    pub(crate) fn take(&mut self, site: &SitePath) -> Option<Slot> {
        self.had.remove(site)
    }
}

fn is_running(effect: &Effect) -> bool {
    effect.status == Status::Running
}
