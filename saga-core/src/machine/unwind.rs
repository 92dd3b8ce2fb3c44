//! Undoing: which compensations are owed, and in what order. A step is undone once everything that happened after it
//! is; branches of one `all` are undone independently of each other.

use super::turn::Turn;
use crate::record::Record;
use crate::state::{ChildStatus, Direction, SiteState, State, Status, StepState};
use crate::{Kind, Name, Payload, Reason, Role, SitePath, Timestamp};

/// The compensations still owed, in order, as data: what a rollback or an undo would do, before it does it. As JSON it
/// shows no secrets.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct UndoPlan {
    /// One entry a step, the first to be undone first.
    pub entries: Vec<PlanEntry>,
    /// Irreversible steps that are done or in doubt: what happened before them cannot be undone with them.
    pub irreversible: Vec<SitePath>,
    /// Steps that wait for the commit: a rollback drops them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<SitePath>,
}

/// One compensation that is owed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PlanEntry {
    /// The site of the step.
    pub site: SitePath,
    /// The step to be undone.
    pub undoes: Name,
    /// The compensation's name; `None` if its call could not be recorded.
    pub step: Option<Name>,
    /// The compensation's input; `None` if its call could not be recorded.
    #[serde(serialize_with = "crate::dead_letter::shown_if_any")]
    pub input: Option<Payload>,
    /// What it leaves behind.
    pub leaves: Option<String>,
    /// It works until then.
    pub until: Option<Timestamp>,
    /// Whether it is not known if the step happened: that is resolved first.
    pub in_doubt: bool,
}

impl State {
    /// Returns what is owed if the saga were undone now, in the order in which it would be: strictly, but for branches
    /// of one `all`, which do not wait for each other.
    pub fn undo_plan(&self) -> UndoPlan {
        let maybe = |s: &StepState| s.is_in_doubt() && s.waived.is_none();
        let owed =
            self.steps().rev().filter(|(_, s)| s.kind == Kind::Compensated && (s.owes_undo() || maybe(s)));
        let irreversible = self.steps().filter(|(_, s)| {
            s.kind == Kind::Irreversible && (s.doing.status == Status::Done || s.is_in_doubt())
        });
        UndoPlan {
            entries: owed.map(|(site, s)| PlanEntry::of(site, s)).collect(),
            irreversible: irreversible.map(|(site, _)| site.clone()).collect(),
            deferred: self.deferred().map(|(site, _)| site.clone()).collect(),
        }
    }
}

impl PlanEntry {
    fn of(site: &SitePath, step: &StepState) -> Self {
        let call = match &step.undo {
            Some(Ok(call)) => Some(call),
            Some(Err(_)) => None,
            None => step.in_doubt.as_ref().filter(|_| step.is_in_doubt()),
        };
        PlanEntry {
            site: site.clone(),
            undoes: step.step.clone(),
            step: call.map(|c| c.step.clone()),
            input: call.map(|c| c.input.clone()),
            leaves: call.and_then(|c| c.leaves.clone()),
            until: call.and_then(|c| c.until),
            in_doubt: step.is_in_doubt(),
        }
    }
}

/// Returns the steps to undo if the one at `from` (or the child saga, or the branch there) is to be undone: itself and
/// all that happened after it. All of them without `from`. In the order of happening.
pub fn order_of_undo(state: &State, from: Option<&SitePath>) -> Vec<SitePath> {
    let Some(from) = from else { return state.steps().map(|(site, _)| site.clone()).collect() };
    let mut first: Option<&SitePath> = None;
    let mut order = Vec::new();
    for (site, _) in state.steps() {
        let inside = site.within(from.as_str());
        if inside {
            first.get_or_insert(site);
        }
        // Seen from outside, whatever is in there has the same place.
        if inside || first.is_some_and(|root| !root.concurrent_with(site)) {
            order.push(site.clone());
        }
    }
    order
}

impl Turn<'_> {
    /// Begins every compensation that is next in its order, and ends a rollback, an undo or a child that has none left.
    pub(super) fn unwind(&mut self) {
        if !self.state.is_at_rest() {
            self.begin_undos();
        }
        let nothing_left = self.state.notes.frontier.is_empty();
        match &self.state.direction {
            Direction::Back(_) if nothing_left => self.push(Record::RolledBack),
            Direction::Undo { .. } if nothing_left => self.push(Record::UndoEnded),
            Direction::Forward => self.end_children(),
            Direction::Back(_)
            | Direction::Undo { .. }
            | Direction::Completed { .. }
            | Direction::RolledBack(_)
            | Direction::Abandoned(_) => {}
        }
    }

    /// Begins the compensations that are next: the last effect to happen is the first to be undone.
    fn begin_undos(&mut self) {
        let mut turns = std::mem::take(&mut self.state.notes.turns);
        turns.sort_unstable();
        turns.dedup();
        for at in turns.into_iter().rev() {
            let (site, state) = &self.state.sites[at];
            let in_doubt = state.as_step().and_then(StepState::begins_undo);
            if let Some(in_doubt) = in_doubt.filter(|_| self.state.notes.frontier.is_its_turn(site, at)) {
                let site = site.clone();
                self.begin_undo(&site, in_doubt);
            }
        }
    }

    fn end_children(&mut self) {
        let mut ends = std::mem::take(&mut self.state.notes.ends);
        ends.sort_unstable();
        ends.dedup();
        for at in ends {
            let (site, state) = &self.state.sites[at];
            let SiteState::Child { status: ChildStatus::Undoing { error }, .. } = state else { continue };
            if !self.state.notes.frontier.has_inside(site) {
                let (site, result) = (site.clone(), Err(error.clone()));
                self.push(Record::ChildEnded { site, result });
            }
        }
    }

    /// Begins the compensation of the step at `site`, or the call that settles its doubt, unless it is put off. Blocks
    /// it if the call was lost, or this build does not know its step.
    pub(super) fn begin_undo(&mut self, site: &SitePath, in_doubt: bool) {
        let call = self.state.step(site).and_then(|s| match in_doubt {
            false => s.undo.clone(),
            true => s.in_doubt.clone().map(Ok),
        });
        match call {
            Some(Ok(call)) if self.facts.catalog.policy(&call.step).is_some() => {
                if self.has_room(site, &call.step) {
                    self.push(Record::UndoIntent { site: site.clone(), in_doubt });
                }
            }
            Some(Ok(call)) => {
                let detail = format!("this build does not know the compensation {}", call.step);
                self.block(site, Role::Undo, Reason::Diverged, detail);
            }
            Some(Err(lost)) => self.block(site, Role::Undo, Reason::OutputLost, lost.why),
            None => {
                let detail = "no compensation was recorded".to_owned();
                self.block(site, Role::Undo, Reason::OutputLost, detail);
            }
        }
    }
}
