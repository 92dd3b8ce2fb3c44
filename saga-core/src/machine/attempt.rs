//! How an attempt's end is taken: done, not done, or in doubt.

use std::time::Duration;

use super::{Ending, Evaluated, Turn};
use crate::record::{Cause, Failure, Finder, Next, Record, Trouble};
use crate::state::Status;
use crate::{Kind, Reason, Role, Site};

impl Turn<'_> {
    pub(super) fn attempt_ended(&mut self, site: &Site, role: Role, attempt: u32, ending: Ending) {
        // An end that comes twice, or after a person settled the matter, says nothing new.
        let awaited = self.state.step(site).and_then(|s| s.effect(role));
        if !awaited.is_some_and(|e| e.status == Status::Running && e.attempt == attempt) {
            return;
        }
        match ending {
            Ending::Done(evaluated) => self.happened(site, role, evaluated, Finder::Attempt),
            Ending::NotDone { trouble, retry_after } => {
                self.not_done(site, role, attempt, trouble, retry_after);
            }
            Ending::InDoubt { trouble } => self.in_doubt(site, role, attempt, trouble),
            Ending::Undecodable { detail } => self.stuck(site, role, Reason::Undecodable, detail),
        }
    }

    /// The effect happened, whoever found out.
    pub(super) fn happened(&mut self, site: &Site, role: Role, evaluated: Evaluated, by: Finder) {
        match role {
            Role::Undo => self.undone(site, by),
            Role::Do => {
                let Evaluated { output, undo } = evaluated;
                let lost = output.as_ref().err().or(undo.as_ref().and_then(|u| u.as_ref().err()));
                let detail = lost.map(|l| l.why.clone());
                self.push(Record::Done { site: site.clone(), output, undo, by });
                // Going back, only the compensation is needed: the rollback sees to that.
                if let Some(detail) = detail.filter(|_| self.is_forward()) {
                    let site = Some(site.clone());
                    self.push(Record::Halted { reason: Reason::OutputLost, detail, site });
                }
            }
        }
    }

    pub(super) fn undone(&mut self, site: &Site, by: Finder) {
        self.push(Record::Undone { site: site.clone(), by });
        let unsettled = self.state.step(site).filter(|s| !s.doing.is_settled());
        if let Some(failure) = unsettled.map(|s| failure_of(&s.doing)) {
            // It was settled without knowing whether it had happened; now it has not.
            self.push(Record::Failed { site: site.clone(), failure });
        }
    }

    fn not_done(
        &mut self,
        site: &Site,
        role: Role,
        attempt: u32,
        trouble: Trouble,
        retry_after: Option<Duration>,
    ) {
        let permanent = matches!(trouble, Trouble::Error { permanent: true, .. });
        let in_doubt = self.state.step(site).and_then(|s| s.effect(role)).is_some_and(|e| e.doubt);
        // An earlier attempt may have happened, whatever this one says.
        if in_doubt && role == Role::Do {
            return self.still_in_doubt(site, role, attempt, trouble, false);
        }
        let next = if permanent { None } else { self.next_try(site, role, retry_after) };
        let retry = next.is_some();
        let next = next.unwrap_or(Next::Hold);
        self.push(Record::AttemptEnded { site: site.clone(), role, attempt, trouble, doubt: false, next });
        if !retry {
            self.give_up(site, role);
        }
    }

    /// When a transient failure is tried again; `None` if it is not.
    pub(super) fn next_try(&mut self, site: &Site, role: Role, retry_after: Option<Duration>) -> Option<Next> {
        let retry = self.policy(site, role)?.retry;
        let random = self.draw();
        if role == Role::Do && !self.may_begin() {
            return None;
        }
        let effect = self.state.step(site)?.effect(role)?;
        let failures = effect.failures + 1;
        if failures >= retry.attempts {
            return None;
        }
        let wait = retry.wait(failures, random).max(retry_after.unwrap_or_default());
        let due = self.facts.now.after(wait);
        let too_late = retry.within.is_some_and(|within| due > effect.since.after(within));
        (!too_late).then_some(Next::Again { due })
    }

    /// An effect that is known not to have happened is not tried again.
    pub(super) fn give_up(&mut self, site: &Site, role: Role) {
        let Some(step) = self.state.step(site) else { return };
        let Some(effect) = step.effect(role) else { return };
        let failure = failure_of(effect);
        if role == Role::Undo {
            let reason = if self.policy(site, role).is_none() { Reason::Diverged } else { Reason::CompensationFailed };
            return self.stuck(site, role, reason, failure.to_string());
        }
        let retriable = self.policy(site, role).is_some_and(|p| p.retriable);
        if !retriable || !self.is_forward() {
            return self.push(Record::Failed { site: site.clone(), failure });
        }
        if self.state.no_return.is_some() {
            return self.stuck(site, role, Reason::RetriesExhausted, failure.to_string());
        }
        self.push(Record::Failed { site: site.clone(), failure: failure.clone() });
        self.stop(Cause::StepFailed { site: site.clone(), failure });
    }

    /// What is waiting for its next attempt begins it, if nothing stands against it.
    pub(super) fn begin_again(&mut self, site: &Site, role: Role) {
        let Some(step) = self.state.step(site) else { return };
        let Some(effect) = step.effect(role) else { return };
        let irreversible = role == Role::Do && step.kind == Kind::Irreversible;
        let attempt = effect.attempt + 1;
        let allowed = match role {
            Role::Undo => true,
            // In a rollback only what is in doubt runs again, to learn its output.
            Role::Do if self.state.is_unwinding(site) => effect.doubt && !irreversible,
            Role::Do => self.may_begin(),
        };
        if allowed {
            self.push(Record::Started { site: site.clone(), role, attempt });
        }
    }
}

/// How an effect failed, by its last attempt.
pub(super) fn failure_of(effect: &crate::state::Effect) -> Failure {
    let attempts = effect.attempt;
    match &effect.last {
        Some(Trouble::Error { error, message, permanent: true }) => {
            Failure::Failed { error: error.clone(), message: message.clone() }
        }
        Some(Trouble::Error { error, message, permanent: false }) => {
            Failure::Exhausted { error: error.clone(), message: message.clone(), attempts }
        }
        Some(Trouble::TimedOut) => Failure::TimedOut { attempts },
        Some(Trouble::Panicked { message }) => Failure::Panicked { message: message.clone() },
        Some(Trouble::Interrupted | Trouble::NotHappened) | None => Failure::Interrupted,
    }
}
