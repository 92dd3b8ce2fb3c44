//! How many compensations of one step run at a time in one worker. After an outage a thousand sagas may have to be
//! undone at once, and the service that they all call is the one that has just come back. Who finds no room stands in
//! line, in the order of asking, before anything of it is recorded: its attempt begins, in the journal and in fact, when
//! it has a slot.
//!
//! Nobody who holds a slot waits for another one to use it, so that nothing can be locked in a circle; and a slot is
//! free again when it is dropped, however that comes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use saga_core::state::{Effect, Status};
use saga_core::{Catalog, Policy, Site, State};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::registry::Registry;

/// Room for one compensation to run.
#[derive(Debug)]
pub(crate) struct Slot(
    #[expect(dead_code, reason = "dropping it is all there is to do")] OwnedSemaphorePermit,
);

/// Who stands in line, and where: the compensation of the step at that site.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) site: Site,
    room: Arc<Semaphore>,
}

impl Line {
    /// Returns with a slot, first come first served.
    ///
    /// **Cancel safety**: dropped, it leaves the line, and the slot that it may have had by then goes to the next.
    pub(crate) async fn slot(self) -> Slot {
        Slot(self.room.acquire_owned().await.expect("nobody closes a bulkhead"))
    }
}

/// How many compensations of a step run at a time, as the runtime is told.
#[derive(Debug, Clone)]
pub(crate) struct CompensationsMax {
    pub(crate) of_each: usize,
    pub(crate) of: HashMap<&'static str, usize>,
}

impl Default for CompensationsMax {
    fn default() -> Self {
        Self { of_each: crate::limits::COMPENSATIONS_MAX, of: HashMap::new() }
    }
}

/// The room there is in this worker, for each step.
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

/// The slots of one saga: those it has and has not used yet, and those it stands in line for.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    had: HashMap<Site, Slot>,
    awaited: HashSet<Site>,
    /// Those who are yet to be put in line.
    arrived: Vec<Line>,
}

impl Slots {
    /// Who is to be put in line.
    pub(crate) fn arrived(&mut self) -> std::vec::Drain<'_, Line> {
        self.arrived.drain(..)
    }

    /// Whether the saga goes on when there is a slot: not if what stands in line was waived or parked meanwhile.
    pub(crate) fn hold_up(&self, state: &State) -> bool {
        let owed = |site: &Site| state.step(site).is_some_and(|step| !step.is_unwound());
        !state.is_at_rest() && self.awaited.iter().any(owed)
    }

    /// The front of the line is reached.
    pub(crate) fn give(&mut self, site: Site, slot: Slot) {
        self.awaited.remove(&site);
        self.had.insert(site, slot);
    }

    /// Drops the slots of compensations that did not begin after all.
    pub(crate) fn drop_unused(&mut self, state: &State) {
        let begins =
            |site: &Site| state.step(site).is_some_and(|s| s.undoing.as_ref().is_some_and(is_running));
        self.had.retain(|site, _| begins(site));
    }

    /// The slot for the compensation of the step at `site`, to be kept while it runs.
    pub(crate) fn take(&mut self, site: &Site) -> Option<Slot> {
        self.had.remove(site)
    }
}

fn is_running(effect: &Effect) -> bool {
    effect.status == Status::Running
}

/// What the machine asks on behalf of one saga: the steps that there are, and whether there is room for one more
/// compensation.
pub(crate) struct Gate<'a> {
    registry: &'a Registry,
    /// `None` while the runtime shuts down: nothing more begins.
    bulkheads: Option<&'a Bulkheads>,
    slots: RefCell<&'a mut Slots>,
}

impl<'a> Gate<'a> {
    pub(crate) fn new(
        registry: &'a Registry,
        bulkheads: Option<&'a Bulkheads>,
        slots: &'a mut Slots,
    ) -> Self {
        Self { registry, bulkheads, slots: RefCell::new(slots) }
    }
}

impl Catalog for Gate<'_> {
    fn policy(&self, step: &str) -> Option<Policy> {
        self.registry.policy(step)
    }

    fn admits(&self, site: &Site, step: &str) -> bool {
        let Some(bulkheads) = self.bulkheads else { return false };
        let slots = &mut **self.slots.borrow_mut();
        if slots.had.contains_key(site) {
            return true;
        }
        if slots.awaited.contains(site) {
            return false;
        }
        let Some(room) = bulkheads.room.get(step) else { return true };
        // Nobody is passed: a slot that somebody stands in line for is never free.
        match room.clone().try_acquire_owned() {
            Ok(slot) => {
                slots.had.insert(site.clone(), Slot(slot));
                true
            }
            Err(_) => {
                tracing::debug!(site = %site, step, "a compensation stands in line");
                slots.awaited.insert(site.clone());
                slots.arrived.push(Line { site: site.clone(), room: room.clone() });
                false
            }
        }
    }
}
