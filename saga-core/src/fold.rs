//! `fold(state, record) -> state`: what each record means. It decides nothing and refuses only what cannot be: a
//! record out of sequence, or one that speaks of something that is not there.

use crate::record::{Entry, Knowledge, Next, Record};
use crate::state::{
    ChildStatus, Direction, Effect, Halt, Head, SiteState, State, Status, StepState, Timed,
};
use crate::{Kind, Role, Seq, SagaId, Site, Timestamp};

/// A journal that no sequence of decisions can have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// A record is missing or doubled.
    #[error("record {found} stands where record {expected} should")]
    Sequence {
        /// What should come.
        expected: Seq,
        /// What came.
        found: Seq,
    },
    /// It speaks of something that the journal has not.
    #[error("record {seq} speaks of {site:?}, where the journal has nothing of that kind")]
    NotThere {
        /// Which record.
        seq: Seq,
        /// The site it names.
        site: String,
    },
    /// The first record is another than `scheduled`, or a later one is.
    #[error("record {seq} is of a kind that cannot stand there")]
    Misplaced {
        /// Which record.
        seq: Seq,
    },
}

impl State {
    /// The state that a journal amounts to.
    ///
    /// # Errors
    /// [`FoldError`] if it is no journal.
    pub fn of<'a>(id: SagaId, journal: impl IntoIterator<Item = &'a Entry>) -> Result<Self, FoldError> {
        let mut state = State::new(id);
        for entry in journal {
            state.apply(entry)?;
        }
        Ok(state)
    }

    /// Takes one more record into account.
    ///
    /// # Errors
    /// [`FoldError`]; the state is then as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        if entry.seq != self.next_seq {
            return Err(FoldError::Sequence { expected: self.next_seq, found: entry.seq });
        }
        let scheduled = matches!(entry.record, Record::Scheduled { .. });
        if scheduled != (entry.seq == 0) {
            return Err(FoldError::Misplaced { seq: entry.seq });
        }
        let touched = self.fold(entry)?;
        if let Some(site) = touched {
            self.reindex(site);
        }
        if is_progress(&entry.record) {
            self.progress += 1;
        }
        self.next_seq += 1;
        self.last_at = entry.at;
        Ok(())
    }

    /// Applies the record; gives the site at which something may have been opened or settled.
    fn fold(&mut self, entry: &Entry) -> Result<Option<Site>, FoldError> {
        match &entry.record {
            Record::Scheduled { saga, version, input, deadline } => {
                self.head = Some(Head {
                    saga: saga.clone(),
                    version: *version,
                    input: input.clone(),
                    at: entry.at,
                    deadline: *deadline,
                });
                Ok(None)
            }
            Record::Intent { .. }
            | Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Stuck { .. }
            | Record::Waived { .. }
            | Record::Resolved { .. } => self.fold_effect(entry).map(Some),
            Record::Read { .. }
            | Record::Value { .. }
            | Record::Timer { .. }
            | Record::TimerFired { .. }
            | Record::Wait { .. }
            | Record::WaitEnded { .. }
            | Record::Asked { .. }
            | Record::Answered { .. }
            | Record::ChildStarted { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { .. } => self.fold_wait(entry).map(Some),
            Record::Signalled { id, name, payload } => {
                if self.signals.seen.insert(id.clone()) {
                    self.signals.waiting.push_back((id.clone(), name.clone(), payload.clone()));
                }
                Ok(None)
            }
            _ => {
                self.fold_course(entry);
                Ok(None)
            }
        }
    }

    /// Records about one step or its compensation.
    fn fold_effect(&mut self, entry: &Entry) -> Result<Site, FoldError> {
        let not_there = |site: &Site| FoldError::NotThere { seq: entry.seq, site: site.to_string() };
        match &entry.record {
            Record::Intent { site, step, input, undo, in_doubt } => {
                let state = StepState {
                    step: step.clone(),
                    input: input.clone(),
                    mended: false,
                    kind: *undo,
                    seq: entry.seq,
                    in_doubt: in_doubt.clone(),
                    doing: Effect::begun(entry.at),
                    output: None,
                    failure: None,
                    undo: None,
                    undoing: None,
                    waived: None,
                };
                self.insert(site, SiteState::Step(Box::new(state)));
                Ok(site.clone())
            }
            Record::UndoIntent { site, in_doubt } => {
                let step = self.step_mut(site).ok_or_else(|| not_there(site))?;
                if *in_doubt {
                    step.undo = step.in_doubt.clone().map(Ok);
                    step.doing.status = Status::Pending(Next::Hold);
                }
                step.undoing = Some(Effect::begun(entry.at));
                Ok(site.clone())
            }
            Record::AttemptEnded { site, role, trouble, doubt, next, .. } => {
                let effect = self.effect_mut(site, *role).ok_or_else(|| not_there(site))?;
                effect.last = Some(trouble.clone());
                if *doubt {
                    effect.doubt = true;
                } else {
                    effect.failures += 1;
                }
                effect.status = Status::Pending(*next);
                Ok(site.clone())
            }
            Record::Started { site, role, attempt } => {
                let effect = self.effect_mut(site, *role).ok_or_else(|| not_there(site))?;
                effect.attempt = *attempt;
                effect.reruns += u32::from(effect.doubt);
                effect.status = Status::Running;
                Ok(site.clone())
            }
            Record::Probed { site, happened, next, .. } => {
                let effect = self.effect_mut(site, Role::Do).ok_or_else(|| not_there(site))?;
                effect.probes += 1;
                effect.status = Status::Pending(*next);
                if *happened == Some(false) {
                    effect.conclude_not_happened();
                }
                Ok(site.clone())
            }
            Record::Done { site, output, undo, .. } => {
                let step = self.step_mut(site).ok_or_else(|| not_there(site))?;
                step.doing.status = Status::Done;
                step.doing.doubt = false;
                step.output = Some(output.clone());
                step.undo = undo.clone();
                step.undoing = None;
                let irreversible = step.kind == Kind::Irreversible;
                self.halts.retain(|h| h.site.as_ref() != Some(site));
                if irreversible && self.no_return.is_none() {
                    self.no_return = Some(site.clone());
                }
                Ok(site.clone())
            }
            Record::Failed { site, failure } => {
                let step = self.step_mut(site).ok_or_else(|| not_there(site))?;
                step.doing.status = Status::Failed;
                step.doing.doubt = false;
                step.failure = Some(failure.clone());
                Ok(site.clone())
            }
            Record::Undone { site, .. } => {
                let step = self.step_mut(site).ok_or_else(|| not_there(site))?;
                let undoing = step.undoing.get_or_insert_with(|| Effect::begun(entry.at));
                undoing.status = Status::Done;
                undoing.doubt = false;
                Ok(site.clone())
            }
            Record::Stuck { site, role, reason, detail } => {
                let step = self.step_mut(site).ok_or_else(|| not_there(site))?;
                let effect = match role {
                    Role::Do => &mut step.doing,
                    Role::Undo => step.undoing.get_or_insert_with(|| Effect {
                        attempt: 0,
                        ..Effect::begun(entry.at)
                    }),
                };
                effect.status = Status::Stuck(*reason, detail.clone());
                Ok(site.clone())
            }
            Record::Waived { by, site } => {
                self.step_mut(site).ok_or_else(|| not_there(site))?.waived = Some(by.clone());
                self.parked_at = None;
                Ok(site.clone())
            }
            Record::Resolved { site, role, knowledge, .. } => {
                self.unpark(entry.at);
                let effect = self.effect_mut(site, *role).ok_or_else(|| not_there(site))?;
                if *knowledge == Knowledge::NotHappened {
                    effect.conclude_not_happened();
                }
                Ok(site.clone())
            }
            _ => Err(FoldError::Misplaced { seq: entry.seq }),
        }
    }

    /// Records about times, signals, approvals and children.
    fn fold_wait(&mut self, entry: &Entry) -> Result<Site, FoldError> {
        fn open<T>(wait_ms: Option<u64>, due: Option<Timestamp>) -> Timed<T> {
            Timed { wait_ms, due, ended: None, dropped: false }
        }
        let new = match &entry.record {
            Record::Read { site, step, input, result, .. } => {
                let (step, input, result) = (step.clone(), input.clone(), result.clone());
                Some((site, SiteState::Read { step, input, result }))
            }
            Record::Value { site, what, value } => {
                Some((site, SiteState::Value { what: what.clone(), value: value.clone() }))
            }
            Record::Timer { site, wait_ms, due } => {
                Some((site, SiteState::Timer(open(Some(*wait_ms), Some(*due)))))
            }
            Record::Wait { site, name, wait_ms, due } => {
                Some((site, SiteState::Wait { name: name.clone(), timed: open(*wait_ms, *due) }))
            }
            Record::Asked { site, prompt, wait_ms, due } => {
                Some((site, SiteState::Ask { prompt: prompt.clone(), timed: open(*wait_ms, *due) }))
            }
            Record::ChildStarted { site, saga, version, input } => Some((
                site,
                SiteState::Child {
                    saga: saga.clone(),
                    version: *version,
                    input: input.clone(),
                    status: ChildStatus::Running,
                },
            )),
            _ => None,
        };
        if let Some((site, state)) = new {
            self.insert(site, state);
            return Ok(site.clone());
        }
        let site = match &entry.record {
            Record::TimerFired { site }
            | Record::WaitEnded { site, .. }
            | Record::Answered { site, .. }
            | Record::ChildUndoing { site, .. }
            | Record::ChildEnded { site, .. } => site,
            _ => return Err(FoldError::Misplaced { seq: entry.seq }),
        };
        let taken = match &entry.record {
            Record::WaitEnded { signal: Some(id), .. } => self.signals.take(id),
            _ => None,
        };
        match (&entry.record, self.sites.get_mut(site)) {
            (Record::TimerFired { .. }, Some(SiteState::Timer(timed))) => timed.ended = Some(()),
            (Record::WaitEnded { .. }, Some(SiteState::Wait { timed, .. })) => timed.ended = Some(taken),
            (Record::Answered { verdict, .. }, Some(SiteState::Ask { timed, .. })) => {
                timed.ended = Some(verdict.clone());
            }
            (Record::ChildUndoing { error, .. }, Some(SiteState::Child { status, .. })) => {
                *status = ChildStatus::Undoing { error: error.clone() };
            }
            (Record::ChildEnded { result, .. }, Some(SiteState::Child { status, .. })) => {
                *status = ChildStatus::Ended(result.clone());
            }
            _ => return Err(FoldError::NotThere { seq: entry.seq, site: site.to_string() }),
        }
        Ok(site.clone())
    }

    /// Records about the saga as a whole.
    fn fold_course(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Halted { reason, detail, site } => {
                self.halts.push(Halt { reason: *reason, detail: detail.clone(), site: site.clone() });
            }
            Record::StopRequested { cause } => self.stop = Some(cause.clone()),
            Record::TooLate { .. } => self.stop = None,
            Record::RollbackStarted { cause } => {
                self.stop = None;
                self.unpark(entry.at);
                self.halts.clear();
                self.direction = Direction::Back(cause.clone());
                self.drop_what_has_not_begun();
            }
            Record::RolledBack => {
                if let Direction::Back(cause) = &self.direction {
                    self.direction = Direction::RolledBack(cause.clone());
                }
            }
            Record::Completed { output } => {
                self.direction = Direction::Completed { output: output.clone() };
            }
            Record::Overdue => self.overdue = true,
            Record::DeadLettered => self.parked_at = Some(entry.at),
            Record::UndoStarted { by, sites } => {
                if let Direction::Completed { output } = &self.direction {
                    let (by, sites, output) = (by.clone(), sites.clone(), output.clone());
                    self.direction = Direction::Undo { by, sites, output };
                }
            }
            Record::UndoEnded => {
                if let Direction::Undo { output, .. } = &self.direction {
                    self.direction = Direction::Completed { output: output.clone() };
                }
            }
            Record::Redriven { site, input, .. } => self.fold_redriven(entry.at, site.as_ref(), input.as_ref()),
            Record::Abandoned { by } => {
                self.parked_at = None;
                self.direction = Direction::Abandoned(by.clone());
            }
            Record::RetriedNow { .. } => {
                for effect in self.open_effects_mut() {
                    if let Status::Pending(Next::Again { due } | Next::Probe { due }) = &mut effect.status {
                        *due = entry.at;
                    }
                }
            }
            _ => {}
        }
    }

    /// Fresh attempts for what is stuck; a fresh key where it is known not to have happened.
    fn fold_redriven(&mut self, at: Timestamp, only: Option<&Site>, input: Option<&crate::Payload>) {
        self.unpark(at);
        self.halts.retain(|h| only.is_some() && h.site.as_ref() != only);
        let sites: Vec<Site> = match only {
            Some(site) => vec![site.clone()],
            None => self.open.clone(),
        };
        for site in sites {
            let Some(step) = self.step_mut(&site) else { continue };
            for role in [Role::Undo, Role::Do] {
                let Some(effect) = step.effect_mut(role).filter(|e| e.is_stuck()) else { continue };
                effect.refresh(at);
                if let Some(input) = input {
                    match role {
                        Role::Do => {
                            step.input = input.clone();
                            step.mended = true;
                        }
                        Role::Undo => {
                            if let Some(Ok(call)) = &mut step.undo {
                                call.input = input.clone();
                            }
                        }
                    }
                }
                break;
            }
        }
    }

    /// A dead letter moves again: its deadline and its waits are put off by the time it stood.
    fn unpark(&mut self, at: Timestamp) {
        let Some(parked_at) = self.parked_at.take() else { return };
        let stood = at.since(parked_at);
        let put_off = |due: &mut Option<Timestamp>| *due = due.map(|d| d.after(stood));
        if let Some(head) = &mut self.head {
            put_off(&mut head.deadline);
        }
        for site in &self.open {
            match self.sites.get_mut(site) {
                Some(SiteState::Timer(timed)) => put_off(&mut timed.due),
                Some(SiteState::Wait { timed, .. }) => put_off(&mut timed.due),
                Some(SiteState::Ask { timed, .. }) => put_off(&mut timed.due),
                _ => {}
            }
        }
    }

    /// When the rollback starts, waits end, and so does what only waited for another attempt and is known not to
    /// have happened. What is in doubt stays open: it is resolved first.
    fn drop_what_has_not_begun(&mut self) {
        for site in std::mem::take(&mut self.open) {
            match self.sites.get_mut(&site) {
                Some(SiteState::Timer(timed)) => timed.dropped = true,
                Some(SiteState::Wait { timed, .. }) => timed.dropped = true,
                Some(SiteState::Ask { timed, .. }) => timed.dropped = true,
                Some(SiteState::Step(step))
                    if !step.doing.doubt && matches!(step.doing.status, Status::Pending(_)) =>
                {
                    step.doing.status = Status::Failed;
                }
                _ => {}
            }
            self.reindex(site);
        }
    }

    fn insert(&mut self, site: &Site, state: SiteState) {
        if self.sites.insert(site.clone(), state).is_none() {
            self.order.push(site.clone());
        }
    }

    fn effect_mut(&mut self, site: &Site, role: Role) -> Option<&mut Effect> {
        self.step_mut(site)?.effect_mut(role)
    }

    fn open_effects_mut(&mut self) -> impl Iterator<Item = &mut Effect> {
        self.sites
            .values_mut()
            .filter_map(|s| match s {
                SiteState::Step(step) => Some(step),
                _ => None,
            })
            .flat_map(|step| std::iter::once(&mut step.doing).chain(step.undoing.as_mut()))
    }

    fn reindex(&mut self, site: Site) {
        let open = self.sites.get(&site).is_some_and(SiteState::is_open);
        // What opened last is what settles next, most of the time.
        let at = self.open.iter().rposition(|s| *s == site);
        match (open, at) {
            (true, None) => self.open.push(site),
            (false, Some(at)) => {
                self.open.remove(at);
            }
            _ => {}
        }
    }
}

impl Effect {
    /// It is now known that no attempt so far happened, or ever will: the next one has a key of its own.
    fn conclude_not_happened(&mut self) {
        if self.doubt {
            self.doubt = false;
            self.generation += 1;
            self.failures += 1;
            self.reruns = 0;
        }
    }

    /// A redrive's fresh attempts. In doubt the key stays, so that a repeat is known as one.
    fn refresh(&mut self, at: Timestamp) {
        if !self.doubt {
            self.generation += 1;
        }
        self.attempt += 1;
        self.failures = 0;
        self.reruns = 0;
        self.probes = 0;
        self.since = at;
        self.status = Status::Running;
    }
}

impl crate::state::Signals {
    fn take(&mut self, id: &str) -> Option<crate::Payload> {
        let at = self.waiting.iter().position(|(i, ..)| i == id)?;
        self.waiting.remove(at).map(|(.., payload)| payload)
    }
}

/// Whether a record is more than another try at the same thing.
fn is_progress(record: &Record) -> bool {
    !matches!(record, Record::AttemptEnded { .. } | Record::Started { .. } | Record::Probed { .. })
}
