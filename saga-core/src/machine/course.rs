//! The course of the saga as a whole: taken up, stopped, timed, parked.

use std::time::Duration;

use super::Turn;
use crate::record::{Cause, Next, Record, Trouble, Verdict};
use crate::state::{Direction, SiteState, State, Status};
use crate::{Kind, Reason, Role, Site, Timestamp};

/// Deaths without progress after which a saga is parked.
pub(crate) const DEATHS_MAX: u32 = 3;

impl Turn<'_> {
    pub(super) fn recovered(&mut self, deaths: u32) {
        if self.state.phase().is_ended() {
            return;
        }
        if deaths >= DEATHS_MAX && self.state.parked_at.is_none() && self.state.halts.is_empty() {
            let detail = format!("the process died {deaths} times while it drove this saga");
            self.push(Record::Halted { reason: Reason::PoisonPill, detail, site: None });
        }
        let running: Vec<_> = self
            .state
            .open_effects()
            .filter(|(_, _, e)| e.status == Status::Running)
            .map(|(site, role, e)| (site.clone(), role, e.attempt))
            .collect();
        for (site, role, attempt) in running {
            self.in_doubt(&site, role, attempt, Trouble::Interrupted);
        }
    }

    /// Wants the saga to stop and roll back. Whether there still is a way back has been looked at.
    pub(super) fn stop(&mut self, cause: Cause) {
        if self.state.stop.is_some() || !self.is_forward() {
            return;
        }
        self.push(Record::StopRequested { cause });
        // An irreversible step is never begun again once a stop is durable.
        let waiting: Vec<(Site, bool)> = self
            .state
            .open_effects()
            .filter(|(_, role, e)| *role == Role::Do && matches!(e.status, Status::Pending(Next::Again { .. })))
            .filter(|(site, ..)| self.state.step(site).is_some_and(|s| s.kind == Kind::Irreversible))
            .map(|(site, _, e)| (site.clone(), e.doubt))
            .collect();
        for (site, doubt) in waiting {
            if doubt {
                self.stuck(&site, Role::Do, Reason::InDoubt, "a stop forbids running it again".to_owned());
            } else {
                self.give_up(&site, Role::Do);
            }
        }
    }

    /// Draws the conclusions that need no further event.
    pub(super) fn settle(&mut self) {
        self.take_signals();
        if self.is_forward() && self.state.stop.is_some() {
            self.settle_stop();
        }
        self.unwind();
    }

    /// A stop waits for what runs, and for an irreversible step until it is known how that went.
    fn settle_stop(&mut self) {
        let Some(cause) = self.state.stop.clone() else { return };
        if let Some(site) = self.state.no_return.clone() {
            self.push(Record::TooLate { site: site.clone() });
            return self.too_late(&cause, &site);
        }
        let busy = self.state.open_effects().any(|(site, role, effect)| {
            let irreversible = self.state.step(site).is_some_and(|s| s.kind == Kind::Irreversible);
            role == Role::Do && (effect.status == Status::Running || irreversible)
        });
        if !busy {
            self.push(Record::RollbackStarted { cause });
        }
    }

    /// The way back closed while a stop was pending.
    fn too_late(&mut self, cause: &Cause, no_return: &Site) {
        match cause {
            Cause::Deadline => self.push(Record::Overdue),
            Cause::StepFailed { site, failure } if self.state.step(site).is_some() => {
                self.stuck(&site.clone(), Role::Do, Reason::RetriesExhausted, failure.to_string());
            }
            Cause::StepFailed { site, failure } => {
                let (reason, detail) = (Reason::RetriesExhausted, failure.to_string());
                self.push(Record::Halted { reason, detail, site: Some(site.clone()) });
            }
            Cause::Failed { .. } | Cause::Panicked { .. } | Cause::Unrecordable { .. } => {
                let detail = format!("past {no_return}: {cause}");
                self.push(Record::Halted { reason: Reason::FailedPastNoReturn, detail, site: None });
            }
            Cause::Cancelled { .. } | Cause::Ordered { .. } => {}
        }
    }

    /// Queued signals go to the waits for them, first come first served.
    fn take_signals(&mut self) {
        if self.state.signals.waiting.is_empty() || !self.state.body_may_run() {
            return;
        }
        let waits: Vec<(Site, crate::Name)> = self
            .state
            .open_sites()
            .filter_map(|(site, s)| match s {
                SiteState::Wait { name, .. } => Some((site.clone(), name.clone())),
                _ => None,
            })
            .collect();
        for (site, name) in waits {
            let queued = self.state.signals.waiting.iter().find(|(_, n, _)| *n == name);
            if let Some(id) = queued.map(|(id, ..)| id.clone()) {
                self.push(Record::WaitEnded { site, signal: Some(id) });
            }
        }
    }

    pub(super) fn due(&mut self) {
        let now = self.facts.now;
        let is_due = |due: Option<Timestamp>| due.is_some_and(|d| d <= now);
        let effects: Vec<(Site, Role)> = self
            .state
            .open_effects()
            .filter(|(_, _, e)| matches!(e.status, Status::Pending(Next::Again { due }) if due <= now))
            .map(|(site, role, _)| (site.clone(), role))
            .collect();
        for (site, role) in effects {
            self.begin_again(&site, role);
        }
        let deadline = self.state.head.as_ref().and_then(|h| h.deadline);
        if is_due(deadline) && self.deadline_runs() {
            match self.state.no_return {
                Some(_) => self.push(Record::Overdue),
                None => self.stop(Cause::Deadline),
            }
        }
        if !self.waits_run() {
            return;
        }
        let ended: Vec<Record> = self
            .state
            .open_sites()
            .filter_map(|(site, s)| {
                let site = site.clone();
                match s {
                    SiteState::Timer(t) if is_due(t.due) => Some(Record::TimerFired { site }),
                    SiteState::Wait { timed: t, .. } if is_due(t.due) => {
                        Some(Record::WaitEnded { site, signal: None })
                    }
                    SiteState::Ask { timed: t, .. } if is_due(t.due) => {
                        Some(Record::Answered { site, verdict: Verdict::Expired })
                    }
                    _ => None,
                }
            })
            .collect();
        for record in ended {
            self.push(record);
        }
    }

    fn deadline_runs(&self) -> bool {
        deadline_runs(self.state)
    }

    fn waits_run(&self) -> bool {
        waits_run(self.state)
    }

    /// Parks what cannot move without a person.
    pub(super) fn idle(&mut self) {
        if self.state.parked_at.is_some() || self.state.phase().is_ended() {
            return;
        }
        let stuck = self.state.open_effects().any(|(_, _, e)| e.is_stuck())
            || (self.is_forward() && !self.state.halts.is_empty());
        let moving = self.state.open_effects().any(|(_, role, e)| match e.status {
            Status::Running | Status::Pending(Next::Probe { .. }) => true,
            Status::Pending(Next::Again { .. }) => role == Role::Undo || self.state.stop.is_none(),
            _ => false,
        });
        if stuck && !moving {
            self.push(Record::DeadLettered);
        }
    }
}

/// The deadline runs only while there is something it could do.
fn deadline_runs(state: &State) -> bool {
    matches!(state.direction, Direction::Forward)
        && !state.overdue
        && state.stop.is_none()
        && state.parked_at.is_none()
}

/// Sleeps, signals and approvals run out only while the body could go on.
fn waits_run(state: &State) -> bool {
    state.body_may_run()
}

/// When time alone will change something, and how long from the start of that wait at most.
pub(super) fn next_due(state: &State) -> Option<(Timestamp, Option<Duration>)> {
    let effects = state.open_effects().filter_map(|(_, _, e)| match e.status {
        Status::Pending(Next::Again { due } | Next::Probe { due }) => Some((due, None)),
        _ => None,
    });
    let waits = state.open_sites().filter(|_| waits_run(state)).filter_map(|(_, s)| {
        let (due, wait_ms) = match s {
            SiteState::Timer(t) => (t.due, t.wait_ms),
            SiteState::Wait { timed: t, .. } => (t.due, t.wait_ms),
            SiteState::Ask { timed: t, .. } => (t.due, t.wait_ms),
            _ => return None,
        };
        Some((due?, wait_ms.map(Duration::from_millis)))
    });
    let deadline = state.head.as_ref().filter(|_| deadline_runs(state)).and_then(|h| h.deadline);
    effects.chain(waits).chain(deadline.map(|d| (d, None))).min_by_key(|(due, _)| *due)
}
