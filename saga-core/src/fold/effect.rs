//! What the records about one step or its compensation mean.

use super::FoldError;
use crate::record::{Call, Entry, Knowledge, Next, Record, of_course, of_waits};
use crate::state::{Effect, SiteState, State, Status, StepState};
use crate::{Blocker, Kind, Name, Payload, Role, Seq, SitePath, Timestamp};

impl State {
    /// Applies a record about an effect; gives its site.
    pub(super) fn fold_effect<'a>(&mut self, entry: &'a Entry) -> Result<&'a SitePath, FoldError> {
        match &entry.record {
            Record::Intent { site, step, input, undo, in_doubt, again } => {
                let doing = Effect::begun(entry.at);
                let mut step = StepState::of((step, input, in_doubt.as_ref()), *undo, doing, entry.seq);
                step.again = again.clone();
                self.insert(site, SiteState::Step(Box::new(step)));
                Ok(site)
            }
            Record::Deferred { site, step, input, in_doubt } => {
                let doing = Effect { status: Status::Deferred, ..Effect::not_begun(entry.at) };
                // Only what nothing undoes is deferred.
                let (call, kind) = ((step, input, in_doubt.as_ref()), Kind::Irreversible);
                self.insert(site, SiteState::Step(Box::new(StepState::of(call, kind, doing, entry.seq))));
                Ok(site)
            }
            Record::AttemptEnded { site, role, .. }
            | Record::Started { site, role, .. }
            | Record::Blocked { site, role, .. }
            | Record::Resolved { site, role, .. } => {
                let step = self.step_mut(site).ok_or_else(|| entry.not_there(site))?;
                if matches!((&entry.record, role), (Record::Blocked { .. }, Role::Undo)) {
                    step.undoing.get_or_insert_with(|| Effect::not_begun(entry.at));
                }
                let effect = step.effect_mut(*role).ok_or_else(|| entry.not_there(site))?;
                effect.fold(entry);
                if matches!(entry.record, Record::Resolved { .. }) {
                    self.go_on_from_dead_letter(entry.at);
                }
                Ok(site)
            }
            Record::UndoIntent { site, .. }
            | Record::Resumed { site, .. }
            | Record::Probed { site, .. }
            | Record::Done { site, .. }
            | Record::Failed { site, .. }
            | Record::Undone { site, .. }
            | Record::Waived { site, .. } => {
                let step = self.step_mut(site).ok_or_else(|| entry.not_there(site))?;
                step.fold(entry);
                self.fold_beyond_the_step(entry);
                Ok(site)
            }
            of_waits!() | of_course!() | Record::NoEffect { .. } => {
                Err(FoldError::Misplaced { seq: entry.seq })
            }
        }
    }

    /// Folds what a record about a step means for the saga as a whole.
    fn fold_beyond_the_step(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Done { site, .. } => {
                // What the body could not read is there now.
                self.body_blockers.retain(|h| !h.is_about_output_of(site));
                let irreversible = self.step(site).is_some_and(|s| s.kind == Kind::Irreversible);
                if irreversible && self.no_return.is_none() {
                    self.no_return = Some(site.clone());
                }
            }
            Record::Waived { .. } => self.go_on_from_dead_letter(entry.at),
            Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Blocked { .. }
            | Record::Resolved { .. } => {}
            of_waits!() | of_course!() | Record::NoEffect { .. } => {}
        }
    }

    pub(super) fn step_mut(&mut self, site: &SitePath) -> Option<&mut StepState> {
        match self.site_mut(site) {
            Some(SiteState::Step(step)) => Some(step),
            _ => None,
        }
    }
}

impl StepState {
    /// Returns a step that was called with that input, and the call that settles it in doubt.
    fn of(
        (step, input, in_doubt): (&Name, &Payload, Option<&Call>),
        kind: Kind,
        doing: Effect,
        seq: Seq,
    ) -> Self {
        let deferred = doing.status == Status::Deferred;
        StepState {
            step: step.clone(),
            input: input.clone(),
            mended: false,
            kind,
            seq,
            in_doubt: in_doubt.cloned(),
            again: None,
            doing,
            output: None,
            failure: None,
            undo: None,
            undoing: None,
            waived: None,
            undo_ordered: false,
            deferred,
        }
    }

    fn fold(&mut self, entry: &Entry) {
        match &entry.record {
            Record::UndoIntent { in_doubt, .. } => {
                if *in_doubt {
                    self.undo = self.in_doubt.clone().map(Ok);
                    self.doing.status = Status::Pending(Next::Hold);
                }
                self.undoing = Some(Effect::begun(entry.at));
            }
            Record::Resumed { next, .. } => self.doing.wait_for(*next, entry.at),
            Record::Probed { happened, next, .. } => {
                self.doing.probes += 1;
                self.doing.wait_for(*next, entry.at);
                if *happened == Some(false) {
                    self.doing.conclude_not_happened(entry.at);
                }
            }
            Record::Done { output, undo, .. } => {
                self.doing.status = Status::Done;
                self.doing.doubt = false;
                self.output = Some(output.clone());
                self.undo = undo.clone();
                self.undoing = None;
            }
            Record::Failed { failure, .. } => {
                self.doing.status = Status::Failed;
                self.doing.doubt = false;
                self.failure = Some(failure.clone());
            }
            Record::Undone { .. } => {
                let undoing = self.undoing.get_or_insert_with(|| Effect::not_begun(entry.at));
                undoing.status = Status::Done;
                undoing.doubt = false;
            }
            Record::Waived { by, .. } => self.waived = Some(by.clone()),
            // These are about one of its effects, or begin it.
            Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Blocked { .. }
            | Record::Resolved { .. } => {}
            of_waits!() | of_course!() | Record::NoEffect { .. } => {}
        }
    }

    /// Folds a redrive: fresh attempts for what is blocked here, with `input` if that is mended.
    pub(super) fn fold_redriven(&mut self, at: Timestamp, input: Option<&Payload>) {
        if let Some(undoing) = self.undoing.as_mut().filter(|e| e.is_blocked()) {
            if let (Some(input), Some(Ok(call))) = (input, &mut self.undo) {
                call.input = input.clone();
            }
            match undoing.attempt {
                // It never began: it is looked at anew.
                0 => self.undoing = None,
                _ => undoing.refresh(at),
            }
        } else if self.doing.is_blocked() {
            if let Some(input) = input {
                self.input = input.clone();
                self.mended = true;
            }
            self.doing.refresh(at);
        }
    }
}

impl Effect {
    /// Returns a compensation that cannot begin.
    fn not_begun(at: Timestamp) -> Self {
        Effect { attempt: 0, ..Effect::begun(at) }
    }

    fn fold(&mut self, entry: &Entry) {
        match &entry.record {
            Record::AttemptEnded { trouble, doubt, conclusive, next, .. } => {
                if *conclusive {
                    // The next attempt, if an operator wants one, gets a key of its own.
                    (self.doubt, self.reruns, self.probes) = (false, 0, 0);
                }
                self.last = Some(trouble.clone());
                match doubt {
                    true => self.doubt = true,
                    false => self.failures += 1,
                }
                self.wait_for(*next, entry.at);
            }
            Record::Started { attempt, .. } => {
                if self.attempt == 0 {
                    // It was deferred until now.
                    (self.since, self.keyed_since) = (entry.at, entry.at);
                }
                self.attempt = *attempt;
                self.reruns += u32::from(self.doubt);
                self.status = Status::Running;
            }
            Record::Blocked { site, role, reason, detail } => {
                let (site, role, reason, detail) = (Some(site.clone()), *role, *reason, detail.clone());
                self.status = Status::Blocked(Box::new(Blocker { site, role, reason, detail }));
            }
            Record::Resolved { knowledge, .. } => match knowledge {
                Knowledge::NotHappened => {
                    self.conclude_not_happened(entry.at);
                    self.wait_for(Next::Hold, entry.at);
                }
                // The record after this says so.
                Knowledge::Happened { .. } => {}
            },
            // These are about its step.
            Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::UndoIntent { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Waived { .. } => {}
            of_waits!() | of_course!() | Record::NoEffect { .. } => {}
        }
    }

    fn wait_for(&mut self, next: Next, at: Timestamp) {
        self.status = Status::Pending(next);
        self.waits_since = at;
    }

    /// Notes that no attempt so far happened, or ever will: the next one has a key of its own.
    fn conclude_not_happened(&mut self, at: Timestamp) {
        if self.doubt {
            self.doubt = false;
            self.generation += 1;
            self.keyed_since = at;
            self.failures += 1;
            self.reruns = 0;
            self.probes = 0;
        }
    }

    /// Gives fresh attempts, which the next record begins. In doubt the key stays, so that a repeat is recognized.
    fn refresh(&mut self, at: Timestamp) {
        if !self.doubt {
            self.generation += 1;
            self.keyed_since = at;
        }
        self.failures = 0;
        self.reruns = 0;
        self.probes = 0;
        self.since = at;
        self.status = Status::Pending(Next::Hold);
    }
}
