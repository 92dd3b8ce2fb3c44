//! The course of the saga as a whole: taken up, stopped, timed, parked.

use std::time::Duration;

use super::Turn;
use super::attempt::failure_of;
use crate::record::{Cause, Failure, Next, Record, Trouble, Verdict};
use crate::state::{Direction, Effect, SiteState, State, Status};
use crate::{Kind, Reason, Role, Site, Timestamp};

/// Deaths without progress after which a saga is parked.
pub(crate) const DEATHS_MAX: u32 = 3;

impl Turn<'_> {
    pub(super) fn recovered(&mut self, deaths: u32) {
        if self.state.phase().is_ended() {
            return;
        }
        // First, so that nothing is begun again that may have killed the process.
        if deaths >= DEATHS_MAX && !self.state.is_at_rest() {
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
        // An irreversible step is never begun again once a stop is durable: nothing but a person can settle one that
        // waits for that.
        let barred: Vec<Site> = self
            .state
            .open_steps()
            .filter(|(_, s)| s.kind == Kind::Irreversible && s.is_in_doubt())
            .filter(|(_, s)| matches!(s.doing.status, Status::Pending(Next::Again { .. })))
            .map(|(site, _)| site.clone())
            .collect();
        for site in barred {
            self.stuck(&site, Role::Do, Reason::InDoubt, "a stop forbids running it again".to_owned());
        }
    }

    /// Draws the conclusions that need no further event.
    pub(super) fn settle(&mut self) {
        if self.goes_on() {
            return;
        }
        if self.is_forward() && self.state.stop.is_some() {
            self.settle_stop();
        }
        self.resume_held();
        self.take_signals();
        self.unwind();
    }

    /// Whether it goes forward and nothing waits for more than an event: so it is after nearly every one.
    fn goes_on(&self) -> bool {
        let state = &*self.state;
        let is_held = |e: &Effect| e.status == Status::Pending(Next::Hold);
        self.is_forward()
            && state.stop.is_none()
            && state.undoing.is_empty()
            && state.signals.waiting.is_empty()
            && !state.open_effects().any(|(_, _, effect)| is_held(effect))
    }

    /// A stop waits for what runs, and for an irreversible step until it is known how that went.
    fn settle_stop(&mut self) {
        let Some(cause) = self.state.stop.clone() else { return };
        if let Some(site) = self.state.no_return.clone() {
            self.push(Record::TooLate { site: site.clone() });
            return self.too_late(&cause, &site);
        }
        let busy = self.state.open_steps().any(|(site, _)| self.holds_up_a_stop(site));
        if !busy {
            self.roll_back_for(cause);
        }
    }

    /// Starts the rollback. What waits for another attempt and is known not to have happened has failed by that; what
    /// is in doubt is resolved on the way back.
    pub(super) fn roll_back_for(&mut self, cause: Cause) {
        let waiting: Vec<(Site, Failure)> = self
            .state
            .open_steps()
            .filter(|(_, s)| !s.doing.is_settled() && !s.doing.doubt && s.doing.status != Status::Running)
            .map(|(site, s)| (site.clone(), failure_of(&s.doing)))
            .collect();
        for (site, failure) in waiting {
            self.push(Record::Failed { site, failure });
        }
        self.push(Record::RollbackStarted { cause });
    }

    /// The way back closed while a stop was pending: forward again.
    fn too_late(&mut self, cause: &Cause, no_return: &Site) {
        match cause {
            Cause::Deadline => self.push(Record::Overdue),
            // A step with an intent is parked when it is resumed; a readonly one has nothing to resume.
            Cause::StepFailed { site, failure } if self.state.step(site).is_none() => {
                let (reason, detail) = (Reason::RetriesExhausted, failure.to_string());
                self.push(Record::Halted { reason, detail, site: Some(site.clone()) });
            }
            Cause::Failed { .. } | Cause::Panicked { .. } | Cause::Unrecordable { .. } => {
                let detail = format!("past {no_return}: {cause}");
                self.push(Record::Halted { reason: Reason::FailedPastNoReturn, detail, site: None });
            }
            Cause::StepFailed { .. } | Cause::Cancelled { .. } | Cause::Ordered { .. } => {}
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
        if self.state.is_at_rest() {
            return;
        }
        let now = self.facts.now;
        // First, so that nothing begins that the deadline forbids.
        if deadline(self.state).is_some_and(|d| d <= now) {
            match self.state.no_return {
                Some(_) => self.push(Record::Overdue),
                None => self.stop(Cause::Deadline),
            }
        }
        let effects: Vec<(Site, Role)> = self
            .state
            .open_effects()
            .filter(|(_, _, e)| matches!(e.status, Status::Pending(Next::Again { due }) if due <= now))
            .map(|(site, role, _)| (site.clone(), role))
            .collect();
        for (site, role) in effects {
            self.begin_again(&site, role);
        }
        let ended: Vec<Record> = waits(self.state)
            .filter(|wait| wait.due <= now)
            .filter_map(|Wait { site, state, .. }| {
                let site = site.clone();
                match state {
                    SiteState::Timer(_) => Some(Record::TimerFired { site }),
                    SiteState::Wait { .. } => Some(Record::WaitEnded { site, signal: None }),
                    SiteState::Ask { .. } => Some(Record::Answered { site, verdict: Verdict::Expired }),
                    _ => None,
                }
            })
            .collect();
        for record in ended {
            self.push(record);
        }
    }

    /// Parks what cannot move without a person. A wait in another branch does not keep it from that: who could mend
    /// it should not learn of it only when a long sleep is over; the wait is put off by the time the saga is parked.
    pub(super) fn idle(&mut self) {
        if self.state.parked_at.is_some() || self.state.phase().is_ended() {
            return;
        }
        let moving = !self.state.is_at_rest()
            && self.state.open_effects().any(|(site, role, e)| match e.status {
                Status::Running | Status::Pending(Next::Probe { .. }) => true,
                Status::Pending(Next::Again { .. }) => self.state.may_attempt(site, role),
                _ => false,
            });
        if self.state.needs_somebody() && !moving {
            self.push(Record::DeadLettered);
        }
    }
}

/// The deadline, while there is something it could do.
fn deadline(state: &State) -> Option<Timestamp> {
    let runs = matches!(state.direction, Direction::Forward) && !state.overdue && state.stop.is_none();
    state.head.as_ref().filter(|_| runs)?.deadline
}

/// A wait of the body that time may end.
struct Wait<'a> {
    site: &'a Site,
    state: &'a SiteState,
    due: Timestamp,
    wait_ms: Option<u64>,
}

/// Sleeps, signals and approvals that can run out: only while the body could go on.
fn waits(state: &State) -> impl Iterator<Item = Wait<'_>> {
    state.open_sites().filter(|_| state.body_may_run()).filter_map(|(site, state)| {
        let (due, wait_ms) = match state {
            SiteState::Timer(t) => (t.due?, t.wait_ms),
            SiteState::Wait { timed: t, .. } => (t.due?, t.wait_ms),
            SiteState::Ask { timed: t, .. } => (t.due?, t.wait_ms),
            _ => return None,
        };
        Some(Wait { site, state, due, wait_ms })
    })
}

/// When time alone will change something, and how long from the start of that wait at most. A time that lies in the
/// past is given only if [`Turn::due`] acts on it, so that nobody is woken for nothing over and over.
pub(super) fn next_due(
    state: &State,
    now: Timestamp,
    put_off: impl Fn(&Site) -> bool,
) -> Option<(Timestamp, Option<Duration>)> {
    let waits_for_time =
        |site: &Site, role| state.may_attempt(site, role) && !(role == Role::Undo && put_off(site));
    let effects = state.open_effects().filter_map(|(site, role, e)| match e.status {
        Status::Pending(Next::Again { due }) if waits_for_time(site, role) => {
            Some((due, Some(due.since(e.waits_since))))
        }
        // Once it is due, the probe itself is the work.
        Status::Pending(Next::Probe { due }) if due > now => Some((due, Some(due.since(e.waits_since)))),
        _ => None,
    });
    let waits = waits(state).map(|wait| (wait.due, wait.wait_ms.map(Duration::from_millis)));
    let from = state.head.as_ref().map(|head| head.at);
    let deadline = deadline(state).map(|due| (due, from.map(|from| due.since(from))));
    effects.chain(waits).chain(deadline).min_by_key(|(due, _)| *due)
}
