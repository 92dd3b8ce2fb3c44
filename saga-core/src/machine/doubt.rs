//! Attempts that may or may not have happened. Doubt belongs to the effect and sticks: only a success, a conclusive
//! probe, a conclusive error or a person clears it. The order is: probe, the step's own policy, a person.

use std::time::Duration;

use super::attempt::{KEY_FORGOTTEN, Try};
use super::event::Answer;
use super::turn::Turn;
use crate::policy::{DOUBT_TRIES_MAX, InDoubt, Retry};
use crate::record::{AttemptError, Finder, Next, Record};
use crate::state::{Effect, Status};
use crate::{Kind, Reason, Role, SitePath};

/// How an effect in doubt is to be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolution {
    /// By what comes next: a rerun, or the probe.
    Wait(Next),
    /// By the call recorded with the intent.
    Call,
    /// By the same call, when its turn comes in the rollback.
    CallInTurn,
    /// By a person.
    Person(Reason),
}

impl Resolution {
    pub(super) fn next(self) -> Next {
        match self {
            Resolution::Wait(next) => next,
            Resolution::Call | Resolution::CallInTurn | Resolution::Person(_) => Next::Hold,
        }
    }
}

impl Turn<'_> {
    pub(super) fn in_doubt(&mut self, site: &SitePath, role: Role, attempt: u32, trouble: AttemptError) {
        self.still_in_doubt(site, role, attempt, trouble, true);
    }

    /// Handles the end of an attempt that leaves the effect in doubt: by this attempt (`doubt`), or by an earlier one.
    pub(super) fn still_in_doubt(
        &mut self,
        site: &SitePath,
        role: Role,
        attempt: u32,
        trouble: AttemptError,
        doubt: bool,
    ) {
        let permanent = matches!(trouble, AttemptError::Error { permanent: true, .. });
        let interrupted = trouble == AttemptError::Interrupted;
        // What was not begun says nothing of what is in doubt.
        let earlier = self.effect(site, role).filter(|_| trouble == AttemptError::NotBegun);
        let said =
            earlier.map_or(trouble.to_string(), |effect| format!("{}; {trouble}", last_trouble(effect)));
        let last = self.why_in_doubt(site, role, said);
        let probes = self.state.step(site).map_or(0, |s| s.doing.probes);
        let resolution = self.resolution(site, role, probes, permanent);
        let next = resolution.next();
        self.push(Record::AttemptEnded {
            site: site.clone(),
            role,
            attempt,
            trouble,
            doubt,
            conclusive: false,
            next,
        });
        // Nothing begins at a recovery before it is known what has passed and was delivered meanwhile.
        if !interrupted || matches!(resolution, Resolution::Person(_)) {
            self.follow(site, role, resolution, last);
        }
    }

    /// Returns what a person is told of an effect in doubt.
    fn why_in_doubt(&self, site: &SitePath, role: Role, last: String) -> String {
        match self.is_key_forgotten(site, role) {
            true => format!("{last}; {KEY_FORGOTTEN}"),
            false => last,
        }
    }

    /// Returns how an effect in doubt, on which nothing runs, is resolved. `permanent`: its last attempt said that
    /// another one is of no use.
    fn resolution(&mut self, site: &SitePath, role: Role, probes: u32, permanent: bool) -> Resolution {
        let (random, now) = (self.draw(), self.facts.now);
        let (Some(policy), Some(step)) = (self.policy(site, role), self.state.step(site)) else {
            return Resolution::Person(Reason::Diverged);
        };
        let reruns = step.effect(role).map_or(0, |e| e.reruns);
        // What the service no longer knows by its key would be done once more.
        let may_repeat = !permanent && reruns < DOUBT_TRIES_MAX && !self.is_key_forgotten(site, role);
        let rerun = |retry: &Retry| {
            // The first rerun goes out at once: most often the answer was lost, not the service.
            let wait = if reruns == 0 { Duration::ZERO } else { retry.wait(reruns, random) };
            Resolution::Wait(Next::Again { due: now.after(wait) })
        };
        if role == Role::Undo {
            // A compensation is repeatable: its type says so.
            return match may_repeat {
                true => rerun(&policy.retry),
                false => Resolution::Person(Reason::CompensationFailed),
            };
        }
        if policy.probe && probes < DOUBT_TRIES_MAX {
            let wait = if probes == 0 { Duration::ZERO } else { Retry::RETRIABLE.wait(probes, random) };
            return Resolution::Wait(Next::Probe { due: now.after(wait) });
        }
        let (forward, irreversible) = (self.state.goes_forward_at(site), step.kind == Kind::Irreversible);
        let may_rerun = forward || !irreversible;
        match policy.in_doubt {
            InDoubt::Rerun if may_rerun && may_repeat => rerun(&policy.retry),
            InDoubt::Call if step.in_doubt.is_none() => Resolution::Person(Reason::InDoubt),
            InDoubt::Call if self.state.is_at_rest() => Resolution::CallInTurn,
            // A stop waits for an irreversible step, so that its call cannot wait for the rollback.
            InDoubt::Call if forward || irreversible => Resolution::Call,
            InDoubt::Call => Resolution::CallInTurn,
            InDoubt::Rerun | InDoubt::DeadLetter => Resolution::Person(Reason::InDoubt),
        }
    }

    /// Does what a resolution says beyond the record that carries it.
    fn follow(&mut self, site: &SitePath, role: Role, resolution: Resolution, last: String) {
        match resolution {
            Resolution::Wait(Next::Again { due }) if due <= self.facts.now => self.begin_again(site, role),
            Resolution::Wait(_) | Resolution::CallInTurn => {}
            Resolution::Call => self.begin_undo(site, true),
            Resolution::Person(reason) => self.block(site, role, reason, last),
        }
    }

    /// Resolves a step in doubt that was held, or sent on by an operator.
    pub(super) fn resolve_again(&mut self, site: &SitePath) {
        let Some(effect) = self.effect(site, Role::Do) else { return };
        let (probes, last) = (effect.probes, self.why_in_doubt(site, Role::Do, last_trouble(effect)));
        let resolution = self.resolution(site, Role::Do, probes, false);
        if let Resolution::Wait(next) = resolution {
            self.push(Record::Resumed { site: site.clone(), next });
        }
        self.follow(site, Role::Do, resolution, last);
    }

    pub(super) fn probe_ended(&mut self, site: &SitePath, answer: Answer) {
        let Some(effect) = self.effect(site, Role::Do) else { return };
        if !matches!(effect.status, Status::Pending(Next::Probe { .. })) || self.state.phase().is_ended() {
            return;
        }
        let (probes, last) = (effect.probes + 1, self.why_in_doubt(site, Role::Do, last_trouble(effect)));
        match answer {
            Answer::Happened(evaluated) => self.happened(site, Role::Do, evaluated, Finder::Probe),
            Answer::NotHappened => self.not_happened(site),
            Answer::Pending(trouble) => {
                let resolution = self.resolution(site, Role::Do, probes, false);
                let (site_, next) = (site.clone(), resolution.next());
                self.push(Record::Probed { site: site_, happened: None, trouble, next });
                self.follow(site, Role::Do, resolution, last);
            }
        }
    }

    /// Handles a probe's answer that no attempt happened, as after a transient failure.
    fn not_happened(&mut self, site: &SitePath) {
        let next = self.next_try_once_clear(site, Role::Do);
        self.push(Record::Probed {
            site: site.clone(),
            happened: Some(false),
            trouble: None,
            next: next.next(),
        });
        self.follow_try(site, Role::Do, next);
    }

    /// Returns what comes once it is known that no attempt of an effect in doubt happened.
    pub(super) fn next_try_once_clear(&mut self, site: &SitePath, role: Role) -> Try {
        let last = self.effect(site, role).and_then(|e| e.last.as_ref());
        match last {
            Some(AttemptError::Error { permanent: true, .. }) => Try::GiveUp,
            _ => self.next_try(site, role, None),
        }
    }
}

fn last_trouble(effect: &Effect) -> String {
    effect.last.as_ref().map(AttemptError::to_string).unwrap_or_default()
}
