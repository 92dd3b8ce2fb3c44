//! What the body of a saga reaches, and how it ends.

use super::turn::Turn;
use crate::record::{Call, Cause, Failure, Record, Verdict};
use crate::state::{ChildStatus, SiteState, Status, StepState, Timed, looked};
use crate::{Codecs, Kind, Name, Payload, Reason, SitePath, Timestamp};

/// Something that the body awaits.
#[derive(Debug, Clone)]
pub enum Reach {
    /// A step with an effect.
    Step {
        /// The site of the step.
        site: SitePath,
        /// The recorded name of the step.
        step: Name,
        /// The input it is called with.
        input: Payload,
        /// What settles it in doubt, if the step says so.
        in_doubt: Option<Call>,
        /// The reason for which a session makes the call again on purpose; `None` if it does not.
        again: Option<String>,
    },
    /// A step with an effect that is deferred to the commit.
    Defer {
        /// The site of the step.
        site: SitePath,
        /// The recorded name of the step.
        step: Name,
        /// The input it is called with.
        input: Payload,
        /// What settles it in doubt, if the step says so.
        in_doubt: Option<Call>,
    },
    /// A step without effect: compared here, run by the worker, recorded when it has ended.
    Read {
        /// The site of the step.
        site: SitePath,
        /// The recorded name of the step.
        step: Name,
        /// The input it is called with.
        input: Payload,
    },
    /// A sleep of so many milliseconds.
    Timer {
        /// The site of the sleep.
        site: SitePath,
        /// The length of the sleep, in milliseconds.
        wait_ms: u64,
    },
    /// The time, or a fresh id.
    Value {
        /// The site of the value.
        site: SitePath,
        /// `now` or `uuid`.
        what: Name,
        /// The value, if none is recorded yet.
        value: Payload,
    },
    /// A wait for a signal.
    Wait {
        /// The site of the wait.
        site: SitePath,
        /// The signal's name.
        name: Name,
        /// The limit of the wait, in milliseconds; `None` if it has none.
        wait_ms: Option<u64>,
    },
    /// A question to a person.
    Ask {
        /// The site of the question.
        site: SitePath,
        /// The text of the question.
        prompt: String,
        /// The limit of the wait, in milliseconds; `None` if it has none.
        wait_ms: Option<u64>,
    },
    /// A child saga.
    Child {
        /// The site of the child.
        site: SitePath,
        /// The recorded name of its type.
        saga: Name,
        /// The version of its code.
        version: u32,
        /// The input it is called with.
        input: Payload,
    },
    /// The body of a child ended.
    ChildEnded {
        /// The site of the child.
        site: SitePath,
        /// Its output, or its error with the error's text.
        result: Result<Payload, (Payload, String)>,
    },
    /// The signal that has just ended a wait is not of the type that the body waits for.
    SignalRefused {
        /// The site of the wait.
        site: SitePath,
        /// The sender's id for it.
        id: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The end of a body.
#[derive(Debug, Clone)]
pub enum BodyEnd {
    /// With its output.
    Returned(Payload),
    /// With its error and the error's text.
    Failed(Payload, String),
    /// By a panic.
    Panicked(String),
    /// Before an effect with an input that could not be recorded.
    Unrecordable(SitePath, String),
    /// It cannot go on without a person.
    Blocked(Reason, Option<SitePath>, String),
}

impl Reach {
    /// Returns the site that was reached.
    pub fn site(&self) -> &SitePath {
        match self {
            Reach::Step { site, .. }
            | Reach::Defer { site, .. }
            | Reach::Read { site, .. }
            | Reach::Timer { site, .. }
            | Reach::Value { site, .. }
            | Reach::Wait { site, .. }
            | Reach::Ask { site, .. }
            | Reach::Child { site, .. }
            | Reach::ChildEnded { site, .. }
            | Reach::SignalRefused { site, .. } => site,
        }
    }

    /// Checks that the journal's `recorded` is of the same kind, name and input; if not, returns both sides as text.
    ///
    /// # Errors
    /// (what the journal has, what the code reached).
    pub fn compare(&self, recorded: &SiteState, codecs: &Codecs) -> Result<(), (String, String)> {
        let same = match (self, recorded) {
            (Reach::Step { step, input, .. }, SiteState::Step(s)) => {
                // A mended input is not the body's any more.
                *step == s.step && !s.deferred && (s.mended || codecs.same(input, &s.input))
            }
            (Reach::Defer { step, input, .. }, SiteState::Step(s)) => {
                *step == s.step && s.deferred && (s.mended || codecs.same(input, &s.input))
            }
            (Reach::Read { step, input, .. }, SiteState::Read { step: s, input: i, .. }) => {
                step == s && codecs.same(input, i)
            }
            // How long it sleeps was decided when it began to.
            (Reach::Timer { .. }, SiteState::Timer(_)) => true,
            (Reach::Value { what, .. }, SiteState::Value { what: w, .. }) => what == w,
            (Reach::Wait { name, .. }, SiteState::Wait { name: n, .. }) => name == n,
            (Reach::Ask { prompt, .. }, SiteState::Ask { prompt: p, .. }) => prompt == p,
            (Reach::Child { saga, input, .. }, SiteState::Child { saga: s, input: i, .. }) => {
                saga == s && codecs.same(input, i)
            }
            _ => false,
        };
        if same { Ok(()) } else { Err((recorded.describe(), self.describe())) }
    }

    /// Returns what it is, in a few words.
    pub fn describe(&self) -> String {
        match self {
            Reach::Step { step, input, .. } | Reach::Read { step, input, .. } => {
                format!("step {step}({})", input.shown())
            }
            Reach::Defer { step, input, .. } => format!("deferred step {step}({})", input.shown()),
            Reach::Timer { wait_ms, .. } => format!("sleep of {wait_ms} ms"),
            Reach::Value { what, .. } => format!("{what}()"),
            Reach::Wait { name, .. } => format!("signal {name:?}"),
            Reach::Ask { prompt, .. } => format!("approve({prompt:?})"),
            Reach::Child { saga, input, .. } => format!("saga {saga}({})", input.shown()),
            Reach::ChildEnded { .. } => "the end of a child saga".to_owned(),
            Reach::SignalRefused { id, .. } => format!("signal {id:?}, which it cannot use"),
        }
    }
}

impl SiteState {
    /// Returns what it is, in a few words.
    pub fn describe(&self) -> String {
        match self {
            SiteState::Step(s) => {
                let deferred = if s.deferred { "deferred " } else { "" };
                format!("{deferred}step {}({})", s.step, s.input.shown())
            }
            SiteState::Read { step, input, .. } => format!("step {step}({})", input.shown()),
            SiteState::Timer(timed) => format!("sleep of {} ms", timed.wait_ms.unwrap_or(0)),
            SiteState::Value { what, .. } => format!("{what}()"),
            SiteState::Wait { name, .. } => format!("signal {name:?}"),
            SiteState::Ask { prompt, .. } => format!("approve({prompt:?})"),
            SiteState::Child { saga, input, .. } => format!("saga {saga}({})", input.shown()),
        }
    }
}

impl Turn<'_> {
    pub(super) fn reached(&mut self, reach: Reach) {
        // What is in the journal was compared to it; only an end comes a second time to its site.
        let is_end = matches!(reach, Reach::ChildEnded { .. } | Reach::SignalRefused { .. });
        let known = self.state.site(reach.site()).is_some() && !is_end;
        // A signal is refused under a stop as well: the stop may have no effect, and the wait goes on then.
        let may = match reach {
            Reach::SignalRefused { .. } => self.is_forward(),
            Reach::Step { .. }
            | Reach::Defer { .. }
            | Reach::Read { .. }
            | Reach::Timer { .. }
            | Reach::Value { .. }
            | Reach::Wait { .. }
            | Reach::Ask { .. }
            | Reach::Child { .. }
            | Reach::ChildEnded { .. } => self.state.body_may_run(),
        };
        if known || !may || self.state.is_unwinding(reach.site()) {
            return;
        }
        let due = |wait_ms: u64, now: Timestamp| now.after(std::time::Duration::from_millis(wait_ms));
        let now = self.facts.now;
        match reach {
            Reach::Step { site, step, input, in_doubt, again } => {
                self.reached_step(site, step, (input, in_doubt), again);
            }
            Reach::Defer { site, step, input, in_doubt } => self.deferred(site, step, input, in_doubt),
            Reach::Read { .. } => {}
            Reach::Timer { site, wait_ms } => {
                self.push(Record::Timer { site, wait_ms, due: due(wait_ms, now) });
            }
            Reach::Value { site, what, value } => self.push(Record::Value { site, what, value }),
            Reach::Wait { site, name, wait_ms } => {
                let due = wait_ms.map(|w| due(w, now));
                self.push(Record::Wait { site, name, wait_ms, due });
            }
            Reach::Ask { site, prompt, wait_ms } => {
                let due = wait_ms.map(|w| due(w, now));
                self.push(Record::Asked { site, prompt, wait_ms, due });
            }
            Reach::Child { site, saga, version, input } => {
                self.push(Record::ChildStarted { site, saga, version, input });
            }
            Reach::ChildEnded { site, result } => self.child_ended(site, result),
            Reach::SignalRefused { site, id, why } => self.refuse_signal(site, id, why),
        }
    }

    fn reached_step(
        &mut self,
        site: SitePath,
        step: Name,
        (input, in_doubt): (Payload, Option<Call>),
        again: Option<String>,
    ) {
        match self.facts.catalog.policy(&step).map(|p| p.kind) {
            Some(undo @ (Kind::Compensated | Kind::Irreversible)) => {
                self.push(Record::Intent { site, step, input, undo, in_doubt, again });
            }
            Some(Kind::Readonly | Kind::Auxiliary) => {
                let detail = format!("step {step} cannot stand in a saga's body");
                self.push(Record::BodyBlocked { reason: Reason::Diverged, detail, site: Some(site) });
            }
            None => {
                let detail = format!("step {step} is not registered");
                self.push(Record::BodyBlocked { reason: Reason::Diverged, detail, site: Some(site) });
            }
        }
    }

    /// Defers a step to the commit, from which there is no way back: it must not fail, and nothing undoes it.
    fn deferred(&mut self, site: SitePath, step: Name, input: Payload, in_doubt: Option<Call>) {
        let policy = self.facts.catalog.policy(&step);
        let why = match policy.map(|policy| (policy.kind, policy.retriable)) {
            Some((Kind::Irreversible | Kind::Auxiliary, true)) => {
                return self.push(Record::Deferred { site, step, input, in_doubt });
            }
            Some(_) => format!("step {step} cannot be deferred: it may fail, or be undone"),
            None => format!("step {step} is not registered"),
        };
        self.push(Record::BodyBlocked { reason: Reason::Diverged, detail: why, site: Some(site) });
    }

    pub(super) fn read(
        &mut self,
        site: SitePath,
        step: Name,
        input: Payload,
        result: Result<Payload, Failure>,
        attempts: u32,
    ) {
        // Recorded also under a pending stop, or in a dead letter: the body may go on, and would not ask again.
        let wanted = self.is_forward() && self.state.body_blockers.is_empty();
        if !wanted || self.state.site(&site).is_some() || self.state.is_unwinding(&site) {
            return;
        }
        let shows_failures = self.state.session().is_some();
        let retriable = !shows_failures && self.facts.catalog.policy(&step).is_some_and(|p| p.retriable);
        match result {
            // The body never sees a retriable step fail; nothing is recorded, so that a redrive reads anew.
            Err(failure) if retriable => match &self.state.no_return {
                Some(_) => {
                    let detail = format!("{step}: {failure}");
                    self.push(Record::BodyBlocked {
                        reason: Reason::RetriesExhausted,
                        detail,
                        site: Some(site),
                    });
                }
                None => self.stop(Cause::StepFailed { site, failure }),
            },
            result => self.push(Record::Read { site, step, input, result, attempts }),
        }
    }

    /// Lets the wait go on, as if the signal had not come.
    fn refuse_signal(&mut self, site: SitePath, id: String, why: String) {
        let has_ended = |timed: &Timed<Option<Payload>>| matches!(timed.ended, Some(Some(_)));
        if matches!(self.state.site(&site), Some(SiteState::Wait { timed, .. }) if has_ended(timed)) {
            self.push(Record::SignalRefused { site, id, why });
        }
    }

    fn child_ended(&mut self, site: SitePath, result: Result<Payload, (Payload, String)>) {
        let running =
            matches!(self.state.site(&site), Some(SiteState::Child { status: ChildStatus::Running, .. }));
        if !running {
            return;
        }
        let open = self.steps_inside(&site).find(|(_, _, is_open)| *is_open).map(|(s, ..)| s.clone());
        if let Some(open) = open {
            return self.ended_too_early(&format!("child {site}"), &open);
        }
        let (error, message) = match result {
            Ok(output) => return self.push(Record::ChildEnded { site, result: Ok(output) }),
            Err(failed) => failed,
        };
        let is_done = |step: &StepState| step.kind == Kind::Irreversible && step.doing.status == Status::Done;
        let done = self.steps_inside(&site).find(|(_, step, _)| is_done(step)).map(|(s, ..)| s.clone());
        if let Some(step) = done {
            let detail = format!("child {site} failed past {step}: {message}");
            self.push(Record::BodyBlocked { reason: Reason::FailedPastNoReturn, detail, site: Some(site) });
        } else {
            self.push(Record::ChildUndoing { site, error, message });
        }
    }

    /// Returns the steps in a child saga, and whether each is open.
    fn steps_inside(&self, child: &SitePath) -> impl Iterator<Item = (&SitePath, &StepState, bool)> {
        let places = self.state.find(child).map_or(&[][..], |child| self.state.notes.inside(child));
        let sites = places.iter().inspect(|_| looked::at(1)).map(|at| &self.state.sites[*at]);
        sites.filter_map(|(site, state)| Some((site, state.as_step()?, state.is_open())))
    }

    /// Dead-letters a saga with a body that ended before an effect that it began: nothing would await that effect.
    fn ended_too_early(&mut self, what: &str, open: &SitePath) {
        let detail = format!("{what} ended while {open} was not settled");
        self.push(Record::BodyBlocked { reason: Reason::Diverged, detail, site: Some(open.clone()) });
    }

    pub(super) fn body_ended(&mut self, end: BodyEnd) {
        if !self.state.body_may_run() {
            return;
        }
        match end {
            BodyEnd::Returned(output) => {
                let open = self.state.open_steps().next().map(|(site, _)| site.clone());
                match open {
                    Some(open) => self.ended_too_early("the body", &open),
                    None if self.state.notes.deferred.is_empty() => self.push(Record::Completed { output }),
                    None => self.push(Record::Committing { output }),
                }
            }
            BodyEnd::Failed(error, message) => {
                let site = self.last_failed();
                self.fail(Cause::Failed { error, message, site });
            }
            BodyEnd::Panicked(message) => self.fail(Cause::Panicked { message }),
            BodyEnd::Unrecordable(site, message) => self.fail(Cause::Unrecordable { site, message }),
            BodyEnd::Blocked(reason, site, detail) => self.push(Record::BodyBlocked { reason, detail, site }),
        }
    }

    /// Handles a failed body: the saga rolls back, if it can.
    fn fail(&mut self, cause: Cause) {
        if let Some(no_return) = &self.state.no_return {
            let detail = format!("past {no_return}: {cause}");
            self.push(Record::BodyBlocked { reason: Reason::FailedPastNoReturn, detail, site: None });
        } else {
            self.stop(cause);
        }
    }

    /// Returns the site that failed last, for the telling: the body's error need not name it.
    fn last_failed(&self) -> Option<SitePath> {
        let failed = |s: &SiteState| match s {
            SiteState::Step(step) => step.failure.is_some(),
            SiteState::Read { result, .. } => result.is_err(),
            SiteState::Ask { timed, .. } => {
                matches!(timed.ended, Some(Verdict::Denied(_) | Verdict::Expired))
            }
            SiteState::Wait { timed, .. } => matches!(timed.ended, Some(None)),
            SiteState::Child { status: ChildStatus::Ended(Err(_)), .. } => true,
            SiteState::Value { .. } | SiteState::Timer(_) | SiteState::Child { .. } => false,
        };
        self.state.sites().rev().find(|(_, s)| failed(s)).map(|(site, _)| site.clone())
    }
}
