//! What a driver does next, if nothing happens: work, a wait, or to release its saga.

use std::time::Duration;

use saga_core::machine::{Event, Work};
use saga_core::{Phase, Timestamp};

use super::Driver;
use crate::drive::jobs::Job;
use crate::replay::board::lock;

/// What a saga does next, if nothing happens.
pub(super) struct Idle {
    /// Whether the saga is to be released.
    pub(super) release: bool,
    /// When time alone changes something, and how far off that is.
    pub(super) wake: Option<(Timestamp, Duration)>,
    /// What is to be done once everything is durable.
    pub(super) jobs: Vec<Job>,
}

impl Driver {
    /// Tells the machine that nothing more comes, unless a compensation is yet to begin: that may wait for room, or
    /// for the next worker.
    pub(super) fn idle(&mut self) {
        let releases = {
            let state = &lock(&self.board).state;
            state.is_blocked() && !self.flight.slots.hold_up(state)
        };
        if releases && !self.engine.is_draining() {
            self.take(Event::Idle);
        }
    }

    /// Returns what comes if nothing happens: work, a wait, or nothing.
    pub(super) fn rest(&mut self) -> Idle {
        let passed = std::mem::take(&mut self.passed);
        let board = lock(&self.board);
        let state = &board.state;
        self.flight.slots.drop_unused(state);
        let now = self.now;
        let (mut jobs, mut wake) = (std::mem::take(&mut self.scratch.jobs), None);
        let draining = self.engine.is_draining();
        for work in self.news.work(state, now.max(passed)) {
            match work {
                Work::WakeAt { due, wait_max } => {
                    let left = due.since(now);
                    wake = Some((due, wait_max.map_or(left, |max| left.min(max))));
                }
                work => jobs.extend(Job::of(work).filter(|job| !self.flight.runs(job))),
            }
        }
        let outage = self.outage.as_ref().filter(|_| state.body_may_run()).map(|outage| outage.until);
        if let Some(until) = outage.filter(|until| wake.is_none_or(|(due, _)| *until < due)) {
            wake = Some((until, until.since(now)));
        }
        // A read that the body no longer waits for delays nothing.
        let reads_count = state.body_may_run() && !draining;
        let mut release = if self.flight.is_awaited(reads_count) {
            // In a shutdown nothing begins, so that no time is waited for: that is left to the next worker.
            wake = wake.filter(|_| !draining);
            false
        } else if draining {
            wake = Some((now, Duration::ZERO));
            true
        } else if state.phase().is_ended() {
            true
        } else if !jobs.is_empty() || self.flight.slots.hold_up(state) || outage.is_some() {
            false
        } else {
            match wake {
                None => true,
                // A due time further off than the wait itself: the clock has gone back since. It is counted here.
                Some((due, left)) if now.after(left) < due => false,
                Some((_, left)) => left > self.engine.settings.linger,
            }
        };
        let is_held = || self.saga.is_held(state.id());
        if release && !draining && !state.phase().is_settled() && is_held() {
            release = false;
        } else if release && !draining && state.phase() == Phase::Waiting {
            release = !self.stay.lengthens(&mut wake, state, now, self.engine.settings.linger);
        }
        Idle { release, wake, jobs }
    }
}
