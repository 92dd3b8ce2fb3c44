//! How an attempt's end is taken: done, not done, or in doubt; and when another one begins.

use std::time::Duration;

use super::event::{Ending, Evaluated};
use super::turn::{Room, Turn};
use crate::policy::Retry;
use crate::record::{AttemptError, Cause, Failure, Finder, Next, Record};
use crate::state::{Effect, State, Status};
use crate::{Name, Reason, Role, SitePath};

/// The end of an attempt that did not happen.
struct NotDone {
    trouble: AttemptError,
    retry_after: Option<Duration>,
    /// True if it clears the doubt of earlier attempts.
    conclusive: bool,
}

impl Turn<'_> {
    pub(super) fn attempt_ended(&mut self, site: &SitePath, role: Role, attempt: u32, ending: Ending) {
        // An end that comes twice, or after a person settled the matter, says nothing new.
        let awaited =
            self.effect(site, role).is_some_and(|e| e.status == Status::Running && e.attempt == attempt);
        if !awaited || self.state.phase().is_ended() {
            return;
        }
        match ending {
            Ending::Done(evaluated) => self.happened(site, role, evaluated, Finder::Attempt),
            Ending::NotDone { trouble, retry_after, conclusive } => {
                let conclusive = conclusive && self.concludes(site, role, &trouble);
                self.not_done(site, role, attempt, NotDone { trouble, retry_after, conclusive });
            }
            Ending::InDoubt { trouble } => self.in_doubt(site, role, attempt, trouble),
            Ending::Undecodable { detail } => self.block(site, role, Reason::Undecodable, detail),
        }
    }

    /// Records that the effect happened; `by` names how that was found out.
    pub(super) fn happened(&mut self, site: &SitePath, role: Role, evaluated: Evaluated, by: Finder) {
        match role {
            Role::Undo => self.undone(site, by),
            Role::Do => {
                let lost = evaluated.loss().map(str::to_owned);
                let Evaluated { output, undo } = evaluated;
                self.push(Record::Done { site: site.clone(), output, undo, by });
                // Going back, only the compensation is needed: the rollback sees to that. In a commit there is neither a
                // compensation nor a body.
                let is_needed =
                    self.is_forward() && !self.state.is_committing() && !self.state.is_unwinding(site);
                if let Some(detail) = lost.filter(|_| is_needed) {
                    let site = Some(site.clone());
                    self.push(Record::BodyBlocked { reason: Reason::OutputLost, detail, site });
                }
            }
        }
    }

    pub(super) fn undone(&mut self, site: &SitePath, by: Finder) {
        self.push(Record::Undone { site: site.clone(), by });
        let unsettled = self.state.step(site).filter(|s| !s.doing.is_settled());
        if let Some(failure) = unsettled.map(|s| failure_of(&s.doing)) {
            // It was settled without knowing whether it had happened; now it has not.
            self.push(Record::Failed { site: site.clone(), failure });
        }
    }

    fn not_done(&mut self, site: &SitePath, role: Role, attempt: u32, end: NotDone) {
        let NotDone { trouble, retry_after, conclusive } = end;
        let in_doubt = self.effect(site, role).is_some_and(|e| e.doubt);
        // An earlier attempt may have happened, whatever this one says; unless that is what the service said then.
        if in_doubt && !conclusive && role == Role::Do {
            return self.still_in_doubt(site, role, attempt, trouble, false);
        }
        let try_next = match trouble {
            AttemptError::Error { permanent: true, .. } => Try::GiveUp,
            AttemptError::Error { .. }
            | AttemptError::TimedOut
            | AttemptError::Panicked { .. }
            | AttemptError::Interrupted
            | AttemptError::NotHappened
            | AttemptError::NotBegun => self.next_try(site, role, retry_after),
        };
        let next = try_next.next();
        self.push(Record::AttemptEnded {
            site: site.clone(),
            role,
            attempt,
            trouble,
            doubt: false,
            conclusive,
            next,
        });
        self.follow_try(site, role, try_next);
    }

    /// Returns true if a conclusive error proves that no attempt under the present key happened: there is doubt, the
    /// error is permanent, and the service remembers the key for as long as it is in use.
    fn concludes(&self, site: &SitePath, role: Role, trouble: &AttemptError) -> bool {
        let is_permanent = matches!(trouble, AttemptError::Error { permanent: true, .. });
        let remembers = self.policy(site, role).is_some_and(|policy| policy.conclusive.is_some());
        let in_doubt = self.effect(site, role).is_some_and(|effect| effect.doubt);
        is_permanent && in_doubt && remembers && !self.is_key_forgotten(site, role)
    }

    /// Returns true if the service may have forgotten the key: a repeat under it may be another effect.
    pub(super) fn is_key_forgotten(&self, site: &SitePath, role: Role) -> bool {
        let window = self.policy(site, role).and_then(|policy| policy.conclusive);
        let used = window.zip(self.effect(site, role));
        used.is_some_and(|(window, effect)| effect.keyed_since.after(window) < self.facts.now)
    }

    /// Returns what comes after one more transient failure.
    pub(super) fn next_try(&mut self, site: &SitePath, role: Role, retry_after: Option<Duration>) -> Try {
        let random = self.draw();
        let (Some(policy), Some(effect)) = (self.policy(site, role), self.effect(site, role)) else {
            return Try::GiveUp;
        };
        let failures = effect.failures + 1;
        let wait = policy.retry.wait(failures, random).max(retry_after.unwrap_or_default());
        let due = self.facts.now.after(wait);
        match (role, self.state.stop()) {
            _ if !tries_left(&policy.retry, effect, failures, due) => Try::GiveUp,
            (Role::Undo, _) => Try::Again(due),
            (Role::Do, _) if self.state.goes_forward_at(site) => Try::Again(due),
            // The stop may yet have no effect; then this goes on.
            (Role::Do, Some(_)) if self.is_forward() && !self.state.is_unwinding(site) => Try::Hold,
            (Role::Do, _) => Try::GiveUp,
        }
    }

    pub(super) fn follow_try(&mut self, site: &SitePath, role: Role, next: Try) {
        match next {
            Try::Again(_) | Try::Hold => {}
            Try::GiveUp => self.give_up(site, role),
        }
    }

    /// Gives up an effect that is known not to have happened: it is not tried again.
    pub(super) fn give_up(&mut self, site: &SitePath, role: Role) {
        let Some(effect) = self.effect(site, role) else { return };
        let failure = failure_of(effect);
        let policy = self.policy(site, role);
        if role == Role::Undo {
            let reason = if policy.is_none() { Reason::Diverged } else { Reason::CompensationFailed };
            return self.block(site, role, reason, failure.to_string());
        }
        // What was deferred must be done, whatever this build says of the step.
        let deferred = self.state.step(site).is_some_and(|step| step.deferred);
        let retriable = deferred || policy.is_some_and(|p| p.retriable);
        if !retriable || !self.is_forward() || self.state.is_unwinding(site) {
            return self.push(Record::Failed { site: site.clone(), failure });
        }
        // A session's failures are its agent's to judge: nothing is undone for one.
        if self.state.session().is_some() && self.state.no_return.is_none() {
            return self.push(Record::Failed { site: site.clone(), failure });
        }
        if self.state.no_return.is_some() {
            return self.block(site, role, Reason::RetriesExhausted, failure.to_string());
        }
        // Held until it is known whether there is a way back: the body never sees a retriable step fail.
        self.stop(Cause::StepFailed { site: site.clone(), failure });
    }

    /// Begins the next attempt of an effect that waits for it, if nothing forbids that.
    pub(super) fn begin_again(&mut self, site: &SitePath, role: Role) {
        if !self.state.may_attempt(site, role) {
            return;
        }
        if self.is_out_of_time(site, role) {
            return self.give_up(site, role);
        }
        let Some(attempt) = self.effect(site, role).map(|e| e.attempt + 1) else { return };
        if self.policy(site, role).is_none() {
            return self.block(site, role, Reason::Diverged, UNKNOWN.to_owned());
        }
        if self.waits_too_long(site, role) {
            let reason = if role == Role::Do { Reason::InDoubt } else { Reason::CompensationFailed };
            return self.block(site, role, reason, KEY_FORGOTTEN.to_owned());
        }
        if role == Role::Undo && !self.has_room_again(site) {
            return;
        }
        self.push(Record::Started { site: site.clone(), role, attempt });
    }

    /// Returns true if the time within which the step may be tried again is over: no worker may have been there when
    /// its next attempt was due. (What is in doubt has a bound of its own, and a compensation is tried late rather than
    /// not.)
    fn is_out_of_time(&self, site: &SitePath, role: Role) -> bool {
        let within = self.policy(site, role).and_then(|policy| policy.retry.within);
        let effect = self.effect(site, role).filter(|e| role == Role::Do && !e.doubt);
        effect.zip(within).is_some_and(|(effect, within)| effect.since.after(within) < self.facts.now)
    }

    /// Returns true if a repeat of what is in doubt was due while the service remembered its key, and comes later: no
    /// worker may have been there. (An operator may repeat a compensation later.)
    fn waits_too_long(&self, site: &SitePath, role: Role) -> bool {
        let waits = |e: &Effect| e.doubt && matches!(e.status, Status::Pending(Next::Again { .. }));
        self.effect(site, role).is_some_and(waits) && self.is_key_forgotten(site, role)
    }

    /// Begins the next attempt of a compensation that was put off, though it was due a while ago. A first attempt, and
    /// one that is held, begins when the changes are looked at.
    pub(super) fn admitted(&mut self, site: SitePath) {
        if let Some(at) = self.state.find(&site) {
            self.state.renew_at(at);
        }
        self.admitted = Some(site.clone());
        let is_put_off = |e: &Effect| matches!(e.status, Status::Pending(Next::Again { .. }));
        if self.effect(&site, Role::Undo).is_some_and(is_put_off) {
            self.begin_again(&site, Role::Undo);
        }
    }

    /// Returns true if there is room for the recorded compensation of the step at `site`.
    fn has_room_again(&mut self, site: &SitePath) -> bool {
        let call = self.state.step(site).and_then(|s| s.undo.as_ref()?.as_ref().ok());
        let step = call.map(|call| call.step.clone());
        step.is_none_or(|step| self.has_room(site, &step))
    }

    /// Returns true if there is room for the compensation `step` of the step at `site`; if not, it waits for that.
    pub(super) fn has_room(&mut self, site: &SitePath, step: &Name) -> bool {
        if self.facts.room == Room::Enough || self.admitted.as_ref() == Some(site) {
            return true;
        }
        if let Some(at) = self.state.find(site) {
            let State { notes, sites, .. } = &mut *self.state;
            notes.wait_for_room(at, &sites[at].1, step);
        }
        false
    }

    /// Resumes effects that were held, where nothing forbids it any more: a stop had no effect, or an operator sent
    /// them on.
    pub(super) fn resume_held(&mut self) {
        if self.state.is_at_rest() {
            return;
        }
        let mut places = std::mem::take(&mut self.state.notes.held);
        places.sort_unstable();
        places.dedup();
        let sites = places.into_iter().map(|at| &self.state.sites[at]);
        let held: Vec<(SitePath, Role, bool)> = sites
            .filter(|(_, state)| state.is_open())
            .filter_map(|(site, state)| Some((site, state.as_step()?)))
            .flat_map(|(site, step)| {
                // A step in doubt that has a call to settle it waits for that call.
                let undo = step.undoing.as_ref().map(|e| (site, Role::Undo, e));
                let waits = undo.is_none().then_some((site, Role::Do, &step.doing));
                undo.into_iter().chain(waits)
            })
            .filter(|(.., e)| e.status == Status::Pending(Next::Hold))
            .map(|(site, role, e)| (site.clone(), role, e.doubt))
            .collect();
        for (site, role, doubt) in held {
            match (role, doubt) {
                (Role::Undo, _) => self.begin_again(&site, role),
                (Role::Do, true) => self.resolve_again(&site),
                (Role::Do, false) => self.resume_step(&site),
            }
        }
    }

    /// Resumes a step that is known not to have happened, if it has tries left and the saga goes forward.
    fn resume_step(&mut self, site: &SitePath) {
        if !self.state.goes_forward_at(site) {
            return;
        }
        let (Some(policy), Some(effect)) = (self.policy(site, Role::Do), self.effect(site, Role::Do)) else {
            return self.begin_again(site, Role::Do);
        };
        let permanent = matches!(effect.last, Some(AttemptError::Error { permanent: true, .. }));
        let fresh = effect.failures == 0;
        if fresh || (!permanent && tries_left(&policy.retry, effect, effect.failures, self.facts.now)) {
            self.begin_again(site, Role::Do);
        } else {
            self.give_up(site, Role::Do);
        }
    }

    pub(super) fn effect(&self, site: &SitePath, role: Role) -> Option<&Effect> {
        self.state.step(site)?.effect(role)
    }
}

/// Why a step does not begin.
pub(super) const UNKNOWN: &str = "this build does not know the step";

/// Why a step in doubt is not run again.
pub(super) const KEY_FORGOTTEN: &str = "in doubt for longer than the service remembers its key";

/// What comes after a failure that is known to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// Another attempt, then.
    Again(crate::Timestamp),
    /// Another attempt, if the stop that is pending has no effect.
    Hold,
    /// No other attempt.
    GiveUp,
}

impl Try {
    pub(super) fn next(self) -> Next {
        match self {
            Try::Again(due) => Next::Again { due },
            Try::Hold | Try::GiveUp => Next::Hold,
        }
    }
}

/// Returns true if an effect that failed `failures` times may be tried again at `due`.
fn tries_left(retry: &Retry, effect: &Effect, failures: u32, due: crate::Timestamp) -> bool {
    failures < retry.attempts && retry.within.is_none_or(|within| due <= effect.since.after(within))
}

/// Returns how an effect failed, by its last attempt.
pub(super) fn failure_of(effect: &Effect) -> Failure {
    let attempts = effect.attempt;
    match &effect.last {
        Some(AttemptError::Error { error, message, permanent: true }) => {
            Failure::Failed { error: error.clone(), message: message.clone() }
        }
        Some(AttemptError::Error { error, message, permanent: false }) => {
            Failure::Exhausted { error: error.clone(), message: message.clone(), attempts }
        }
        Some(AttemptError::TimedOut) => Failure::TimedOut { attempts },
        Some(AttemptError::Panicked { message }) => Failure::Panicked { message: message.clone() },
        Some(AttemptError::Interrupted | AttemptError::NotHappened | AttemptError::NotBegun) | None => {
            Failure::Interrupted
        }
    }
}
