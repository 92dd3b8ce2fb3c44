//! What the records about outcomes without effect, times, signals, approvals and children mean.

use super::FoldError;
use crate::record::{Entry, Record, of_course, of_effects};
use crate::state::{ChildStatus, Signals, SiteState, State, Timed};
use crate::{Name, SitePath};

impl State {
    /// Applies a record about something that the body waits for, or got; gives its site.
    pub(super) fn fold_wait<'a>(&mut self, entry: &'a Entry) -> Result<&'a SitePath, FoldError> {
        if let Some((site, state)) = begun(entry) {
            self.insert(site, state);
            return Ok(site);
        }
        let (Record::TimerFired { site }
        | Record::WaitEnded { site, .. }
        | Record::SignalRefused { site, .. }
        | Record::Answered { site, .. }
        | Record::ChildUndoing { site, .. }
        | Record::ChildEnded { site, .. }) = &entry.record
        else {
            return Err(FoldError::Misplaced { seq: entry.seq });
        };
        let Some(at) = self.find(site) else { return Err(entry.not_there(site)) };
        match (&entry.record, &mut self.sites[at].1) {
            (Record::TimerFired { .. }, SiteState::Timer(timed)) => timed.ended = Some(()),
            (Record::WaitEnded { signal, .. }, SiteState::Wait { timed, name }) => {
                timed.ended = Some(signal.as_ref().and_then(|id| self.signals.take(name, id)));
            }
            (Record::SignalRefused { id, .. }, SiteState::Wait { timed, .. }) => {
                timed.ended = None;
                self.signals.seen.remove(id);
            }
            (Record::Answered { verdict, .. }, SiteState::Ask { timed, .. }) => {
                timed.ended = Some(verdict.clone());
            }
            (Record::ChildUndoing { error, .. }, SiteState::Child { status, .. }) => {
                *status = ChildStatus::Undoing { error: error.clone() };
                self.undoing.insert(at);
                if !self.notes.deferred.is_empty() {
                    self.drop_deferred(self.notes.inside(at).to_vec());
                }
                self.begin_frontier_in(at);
            }
            (Record::ChildEnded { result, .. }, SiteState::Child { status, .. }) => {
                *status = ChildStatus::Ended(result.clone());
                self.undoing.remove(&at);
            }
            _ => return Err(entry.not_there(site)),
        }
        Ok(site)
    }
}

/// Returns what the record puts at its site, if it is the first one there.
fn begun(entry: &Entry) -> Option<(&SitePath, SiteState)> {
    Some(match &entry.record {
        Record::Read { site, step, input, result, .. } => {
            let (step, input, result) = (step.clone(), input.clone(), result.clone());
            (site, SiteState::Read { step, input, result })
        }
        Record::Value { site, what, value } => {
            (site, SiteState::Value { what: what.clone(), value: value.clone() })
        }
        Record::Timer { site, wait_ms, due } => {
            (site, SiteState::Timer(Timed::begun(Some(*wait_ms), Some(*due))))
        }
        Record::Wait { site, name, wait_ms, due } => {
            (site, SiteState::Wait { name: name.clone(), timed: Timed::begun(*wait_ms, *due) })
        }
        Record::Asked { site, prompt, wait_ms, due } => {
            let timed = Timed::begun(*wait_ms, *due);
            (site, SiteState::Ask { prompt: prompt.clone(), asked: entry.seq, timed })
        }
        Record::ChildStarted { site, saga, version, input } => {
            let (saga, version, input) = (saga.clone(), *version, input.clone());
            (site, SiteState::Child { saga, version, input, status: ChildStatus::Running })
        }
        Record::TimerFired { .. }
        | Record::WaitEnded { .. }
        | Record::SignalRefused { .. }
        | Record::Answered { .. }
        | Record::ChildUndoing { .. }
        | Record::ChildEnded { .. } => return None,
        of_effects!() | of_course!() | Record::NoEffect { .. } => return None,
    })
}

impl Signals {
    fn take(&mut self, name: &Name, id: &str) -> Option<crate::Payload> {
        let waiting = self.waiting.get_mut(name)?;
        let at = waiting.iter().position(|(there, _)| there == id)?;
        let payload = waiting.remove(at).map(|(_, payload)| payload);
        if waiting.is_empty() {
            self.waiting.remove(name);
        }
        payload
    }
}
