//! What a driver does about compensations that are queued for room to run.

use saga_core::Role;
use saga_core::machine::Event;

use super::Driver;
use crate::drive::bulkhead::Slot;
use crate::drive::jobs::Job;
use crate::replay::board::lock;

impl Driver {
    /// Tells the machine that nothing more comes, unless a compensation is yet to begin: that may wait for room, or
    /// for the next worker.
    pub(super) fn idle(&mut self) {
        let releases = {
            let state = &lock(&self.board).state;
            state.is_blocked() && !self.slots.hold_up(state)
        };
        if releases && !self.engine.is_draining() {
            self.take(Event::Idle);
        }
    }

    /// Returns the slot that a job has while it runs, if it is one that needs one.
    pub(super) fn slot_for(&mut self, job: &Job) -> Option<Slot> {
        match job {
            Job::Attempt { site, role: Role::Undo, .. } => self.slots.take(site),
            _ => None,
        }
    }
}
