//! The course of the saga as a whole: recovered, stopped, timed, dead-lettered.

use std::collections::VecDeque;
use std::ops::Bound;
use std::time::Duration;

use super::attempt::{UNKNOWN, failure_of};
use super::reach::BodyEnd;
use super::turn::Turn;
use crate::record::{AttemptError, Cause, Committed, Failure, Next, Record, Verdict, WhenIdle};
use crate::state::{Direction, Effect, Mark, SiteState, State, Status, Wait};
use crate::{Kind, Payload, Reason, Role, SitePath, Timestamp};

impl Turn<'_> {
    pub(super) fn recovered(&mut self, is_poison: bool) {
        // The new driver has put no compensation off.
        self.state.renew_open();
        if self.state.phase().is_ended() {
            return;
        }
        // First, so that nothing is begun again that may have killed the process.
        if is_poison && !self.state.is_at_rest() {
            let detail =
                "the process died again and again while it drove this saga, and no other can be the cause";
            let detail = detail.to_owned();
            self.push(Record::BodyBlocked { reason: Reason::PoisonPill, detail, site: None });
        }
        let running: Vec<_> = self
            .state
            .open_effects()
            .filter(|(_, _, e)| e.status == Status::Running)
            .map(|(site, role, e)| (site.clone(), role, e.attempt))
            .collect();
        for (site, role, attempt) in running {
            self.in_doubt(&site, role, attempt, AttemptError::Interrupted);
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
        let barred: Vec<SitePath> = self
            .state
            .open_steps()
            .filter(|(_, s)| s.kind == Kind::Irreversible && s.is_in_doubt())
            .filter(|(_, s)| matches!(s.doing.status, Status::Pending(Next::Again { .. })))
            .map(|(site, _)| site.clone())
            .collect();
        for site in barred {
            self.block(&site, Role::Do, Reason::InDoubt, "a stop forbids running it again".to_owned());
        }
    }

    /// Draws the conclusions that need no further event.
    pub(super) fn settle(&mut self) {
        if self.goes_on() {
            return;
        }
        self.settle_stop();
        self.resume_held();
        // It may be the deadline that kept from beginning what was held.
        self.settle_stop();
        self.commit();
        self.take_signals();
        self.unwind();
    }

    /// Returns true if it goes forward and nothing waits for more than an event: so it is after nearly every one.
    fn goes_on(&self) -> bool {
        let notes = &self.state.notes;
        self.is_forward()
            && self.state.stop.is_none()
            && !self.state.is_committing()
            && notes.held.is_empty()
            && notes.turns.is_empty()
            && notes.ends.is_empty()
            && notes.takable.is_empty()
    }

    /// Settles a pending stop, once nothing runs and no irreversible step is in doubt.
    fn settle_stop(&mut self) {
        let Some(cause) = self.state.stop.clone().filter(|_| self.is_forward()) else { return };
        if let Some(site) = self.state.no_return.clone() {
            self.push(Record::TooLate { site: site.clone() });
            return self.too_late(&cause, &site);
        }
        let busy = self.state.notes.count(Mark::Runs) + self.state.notes.count(Mark::Grave);
        if busy == 0 {
            self.roll_back_for(cause);
        }
    }

    /// Starts the rollback. What waits for another attempt and is known not to have happened has failed by that; what
    /// is in doubt is resolved on the way back.
    pub(super) fn roll_back_for(&mut self, cause: Cause) {
        let waiting: Vec<(SitePath, Failure)> = self
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

    /// Ends a stop that was pending when the saga passed its point of no return: it goes forward again.
    fn too_late(&mut self, cause: &Cause, no_return: &SitePath) {
        match cause {
            Cause::Deadline => self.push(Record::Overdue),
            // A step with an intent is dead-lettered when it is resumed; a readonly one has nothing to resume.
            Cause::StepFailed { site, failure } if self.state.step(site).is_none() => {
                let (reason, detail) = (Reason::RetriesExhausted, failure.to_string());
                self.push(Record::BodyBlocked { reason, detail, site: Some(site.clone()) });
            }
            Cause::Failed { .. } | Cause::Panicked { .. } | Cause::Unrecordable { .. } => {
                let detail = format!("past {no_return}: {cause}");
                self.push(Record::BodyBlocked { reason: Reason::FailedPastNoReturn, detail, site: None });
            }
            Cause::StepFailed { .. }
            | Cause::Cancelled { .. }
            | Cause::Ordered { .. }
            | Cause::Idle { .. } => {}
        }
    }

    /// Begins the next deferred step of a saga that commits, once the one before is done; completes it after the last.
    fn commit(&mut self) {
        let Some(output) = self.state.committing.clone() else { return };
        if self.state.is_at_rest() || self.state.open_steps().next().is_some() {
            return;
        }
        let Some(site) = self.state.deferred().next().map(|(site, _)| site.clone()) else {
            return self.push(Record::Completed { output });
        };
        match self.policy(&site, Role::Do) {
            Some(_) => self.push(Record::Started { site, role: Role::Do, attempt: 1 }),
            None => self.block(&site, Role::Do, Reason::Diverged, UNKNOWN.to_owned()),
        }
    }

    /// Gives queued signals to the waits for them, first come first served.
    fn take_signals(&mut self) {
        if self.state.notes.takable.is_empty() || !self.state.body_may_run() {
            return;
        }
        let State { notes, signals, .. } = &*self.state;
        let mut taken: Vec<(usize, String)> = Vec::new();
        for name in &notes.takable {
            let queued = signals.waiting.get(name).into_iter().flatten();
            taken.extend(notes.waits(name).zip(queued.map(|(id, _)| id.clone())));
        }
        // In the order in which the body came to wait.
        taken.sort_unstable();
        for (at, id) in taken {
            let site = self.state.sites[at].0.clone();
            self.push(Record::WaitEnded { site, signal: Some(id) });
        }
    }

    pub(super) fn due(&mut self) {
        self.elapsed(self.facts.now);
        if !self.state.is_at_rest() {
            self.begin_what_is_due();
        }
    }

    pub(super) fn begin_what_is_due(&mut self) {
        let until = ..=(self.facts.now, usize::MAX);
        let mut effects: Vec<(usize, Role)> = Vec::new();
        if retries_of_steps_may_begin(self.state) {
            let steps = self.state.notes.dues(Wait::Step).range(until);
            effects.extend(steps.map(|(_, at)| (*at, Role::Do)));
        }
        let undos = self.state.notes.dues(Wait::Undo).range(until);
        effects.extend(undos.map(|(_, at)| (*at, Role::Undo)));
        effects.sort_unstable();
        for (at, role) in effects {
            let site = self.state.sites[at].0.clone();
            self.begin_again(&site, role);
        }
    }

    /// Decides what the deadline decides, if it had passed at `until`: whether it stops the saga.
    pub(super) fn pass_deadline(&mut self, until: Timestamp) -> bool {
        if self.state.is_at_rest() || deadline(self.state).is_none_or(|d| d > until) {
            return false;
        }
        match self.state.no_return {
            Some(_) => self.push(Record::Overdue),
            None => self.stop(Cause::Deadline),
        }
        self.state.stop.is_some()
    }

    /// Ends a session that has not been called for as long as its terms allow, if that time was over at `until`.
    fn pass_idle(&mut self, until: Timestamp) {
        let Some((_, idle_ms)) = idle_end(self.state).filter(|(due, _)| *due <= until) else { return };
        match self.state.session().map(|terms| terms.when_idle) {
            Some(WhenIdle::Commit) => {
                let output = Payload::encode(&Committed { idle: true });
                self.body_ended(BodyEnd::Returned(output.expect("a flag has a JSON form")));
            }
            Some(WhenIdle::RollBack) | None => self.stop(Cause::Idle { idle_ms }),
        }
    }

    /// Decides what the deadline and the limits up to `until` decide. A dead letter starts nothing, but a limit that had
    /// passed before it was one has passed: what is delivered after that is too late.
    pub(super) fn elapsed(&mut self, until: Timestamp) {
        let first = deadline(self.state);
        self.pass_idle(first.map_or(until, |deadline| until.min(deadline)));
        self.pass_deadline(until);
        for at in self.state.passed_limits(until) {
            if self.state.has_its_signal(at) {
                continue;
            }
            let (site, state) = &self.state.sites[at];
            let site = site.clone();
            let record = match state {
                SiteState::Timer(_) => Record::TimerFired { site },
                SiteState::Wait { name, .. } => {
                    // One that came in time, and waits for the stop as well.
                    let signal = self.state.signals.first(name).map(str::to_owned);
                    Record::WaitEnded { site, signal }
                }
                SiteState::Ask { .. } => Record::Answered { site, verdict: Verdict::Expired },
                SiteState::Step(_)
                | SiteState::Read { .. }
                | SiteState::Value { .. }
                | SiteState::Child { .. } => continue,
            };
            self.push(record);
        }
    }

    /// Dead-letters the saga, whatever it was about to do.
    pub(super) fn dead_letter(&mut self, reason: Reason, detail: String) {
        if self.state.dead_lettered_at.is_some() || self.state.phase().is_ended() {
            return;
        }
        self.push(Record::BodyBlocked { reason, detail, site: None });
        self.push(Record::DeadLettered);
    }

    /// Dead-letters a saga that cannot move without a person. A wait in another branch does not delay that: an operator
    /// must not learn of it only after a long sleep. The wait is put off by the time the saga is dead-lettered.
    pub(super) fn idle(&mut self) {
        if self.state.dead_lettered_at.is_some() || self.state.phase().is_ended() {
            return;
        }
        if self.state.is_blocked() && !self.is_moving() {
            self.push(Record::DeadLettered);
        }
    }

    /// Returns true if something in the saga moves without a person.
    fn is_moving(&self) -> bool {
        let State { notes, sites, .. } = &*self.state;
        let may_attempt = |at: usize, role| self.state.may_attempt(&sites[at].0, role);
        let runs = notes.count(Mark::Runs) + notes.count(Mark::UndoRuns) + notes.count(Mark::Probes) > 0;
        let waits_for_room = |at: usize| {
            let undoing = sites[at].1.as_step().and_then(|step| step.undoing.as_ref());
            undoing.is_some_and(|effect| matches!(effect.status, Status::Pending(Next::Again { .. })))
        };
        !self.state.is_at_rest()
            && (runs
                || !notes.dues(Wait::Undo).is_empty()
                || notes.put_off().any(waits_for_room)
                || notes.dues(Wait::Step).iter().any(|(_, at)| may_attempt(*at, Role::Do)))
    }
}

/// Returns the deadline, while there is something it could do.
fn deadline(state: &State) -> Option<Timestamp> {
    let runs = matches!(state.direction, Direction::Forward) && !state.overdue && state.stop.is_none();
    state.head.as_ref().filter(|_| runs)?.deadline
}

/// Returns when a session ends that is not called any more, and the time without a call that is allowed. One with a call
/// in flight or in backoff does not.
fn idle_end(state: &State) -> Option<(Timestamp, u64)> {
    let idle_ms = state.session()?.idle_ms?;
    let is_idle = state.body_may_run() && state.notes.open.is_empty();
    is_idle.then(|| (state.last_at.after(Duration::from_millis(idle_ms)), idle_ms))
}

/// Returns true if any step may begin its next attempt: none does while a stop waits.
fn retries_of_steps_may_begin(state: &State) -> bool {
    !state.is_at_rest()
        && (state.stop.is_none()
            || !matches!(state.direction, Direction::Forward)
            || !state.undoing.is_empty())
}

impl State {
    /// Returns true if its deadline has passed at `now` and forbids that a step begins, though that is not recorded
    /// yet.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.no_return.is_none() && deadline(self).is_some_and(|deadline| deadline <= now)
    }

    /// Returns true if a signal or an answer that came in time may still be on its way while its limit has passed at
    /// `now`.
    pub fn limit_passes(&self, now: Timestamp) -> bool {
        self.passed_limits(now)
            .into_iter()
            .any(|at| !matches!(self.sites[at].1, SiteState::Timer(_)) && !self.has_its_signal(at))
    }

    /// Returns the waits of the body with a limit that has passed at `until`, in the order in which they began. Under a
    /// stop too, and where the body is blocked: what comes after a limit is too late then as well. No time passes for a
    /// dead letter.
    fn passed_limits(&self, until: Timestamp) -> Vec<usize> {
        if !matches!(self.direction, Direction::Forward) {
            return Vec::new();
        }
        let until = self.dead_lettered_at.map_or(until, |at| at.min(until));
        let passed = self.notes.dues(Wait::Body).range(..=(until, usize::MAX));
        let mut passed: Vec<usize> = passed.map(|(_, at)| *at).collect();
        passed.sort_unstable();
        passed
    }

    /// Returns true if this wait takes a signal that is here, once the body goes on. While it is blocked it takes none,
    /// because it could not refuse it.
    fn has_its_signal(&self, at: usize) -> bool {
        let SiteState::Wait { name, .. } = &self.sites[at].1 else { return false };
        if self.body_blockers.is_empty() && self.dead_lettered_at.is_none() {
            return false;
        }
        let here = self.signals.waiting.get(name).map_or(0, VecDeque::len);
        self.notes.waits(name).take(here).any(|waits| waits == at)
    }
}

/// Returns when time alone will change something, and the longest wait until then. A time in the past is given only if
/// [`Turn::due`] acts on it: else the driver would be woken again and again for nothing.
pub(super) fn next_due(state: &State, now: Timestamp) -> Option<(Timestamp, Option<Duration>)> {
    let notes = &state.notes;
    let undo = notes.dues(Wait::Undo).first();
    let step = retries_of_steps_may_begin(state).then(|| {
        let mut steps = notes.dues(Wait::Step).iter();
        steps.find(|(_, at)| state.may_attempt(&state.sites[*at].0, Role::Do))
    });
    // Once it is due, the probe itself is the work.
    let later = (Bound::Excluded((now, usize::MAX)), Bound::Unbounded);
    let probe = notes.dues(Wait::Probe).range(later).next();
    let wait = notes.dues(Wait::Body).first().filter(|_| state.body_may_run());
    let first = [undo, step.flatten(), probe, wait].into_iter().flatten().min();
    let first = first.map(|(due, at)| (*due, longest(&state.sites[*at].1, *due)));
    let from = state.head.as_ref().map(|head| head.at);
    let deadline = deadline(state).map(|due| (due, from.map(|from| due.since(from))));
    let idle = idle_end(state).map(|(due, idle_ms)| (due, Some(Duration::from_millis(idle_ms))));
    first.into_iter().chain(deadline).chain(idle).min_by_key(|(due, _)| *due)
}

/// Returns how long the wait at a site lasts at most that is over at `due`, whatever the clock says.
fn longest(state: &SiteState, due: Timestamp) -> Option<Duration> {
    let wait_ms = match state {
        SiteState::Step(step) => {
            let waits = |e: &&Effect| e.status.due() == Some(due);
            let effect = step.undoing.iter().chain([&step.doing]).find(waits)?;
            return Some(due.since(effect.waits_since));
        }
        SiteState::Timer(timed) => timed.wait_ms,
        SiteState::Wait { timed, .. } => timed.wait_ms,
        SiteState::Ask { timed, .. } => timed.wait_ms,
        SiteState::Read { .. } | SiteState::Value { .. } | SiteState::Child { .. } => None,
    };
    wait_ms.map(Duration::from_millis)
}
