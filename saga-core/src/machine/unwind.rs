//! Undoing: which compensations are owed, and in what order. A step is undone once everything that happened after it
//! is; branches of one `all` are undone independently of each other.

use std::collections::HashMap;

use super::Turn;
use crate::record::{Next, Record};
use crate::state::{ChildStatus, Direction, SiteState, State, Status, StepState};
use crate::{Kind, Name, Payload, Reason, Role, Site, Timestamp};

/// The compensations still owed, in order, as data: what a rollback or an undo would do, before it does it. As JSON it
/// shows no secrets.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct UndoPlan {
    /// One entry a step, the first to be undone first.
    pub entries: Vec<PlanEntry>,
    /// Irreversible steps that are done or in doubt: what happened before them cannot be undone with them.
    pub irreversible: Vec<Site>,
}

/// One compensation that is owed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PlanEntry {
    /// Of the step here.
    pub site: Site,
    /// The step to be undone.
    pub undoes: Name,
    /// The compensation's name; `None` if its call could not be recorded.
    pub step: Option<Name>,
    /// Its input.
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
    /// What is owed if the saga were undone now, in the order in which it would be: strictly, but for branches of one
    /// `all`, which do not wait for each other.
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
        }
    }
}

impl PlanEntry {
    fn of(site: &Site, step: &StepState) -> Self {
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

/// The steps to undo if the one at `from` (or the child saga, or the branch there) is to be undone: itself and all
/// that happened after it. All of them without `from`. In the order of happening.
pub fn order_of_undo(state: &State, from: Option<&Site>) -> Vec<Site> {
    let Some(from) = from else { return state.steps().map(|(site, _)| site.clone()).collect() };
    let mut first: Option<&Site> = None;
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

/// What is being unwound.
#[derive(Debug, Clone)]
enum Scope {
    /// Everything.
    Whole,
    /// What an undo of the completed saga was ordered for.
    Ordered,
    /// What happened inside this child saga, which failed with this error.
    Child(Site, Payload),
}

impl Scope {
    fn has(&self, site: &Site, step: &StepState) -> bool {
        match self {
            Scope::Whole => true,
            Scope::Ordered => step.undo_ordered,
            Scope::Child(child, _) => site.within(child.as_str()),
        }
    }
}

fn scopes(state: &State) -> Vec<Scope> {
    match &state.direction {
        Direction::Back(_) => vec![Scope::Whole],
        Direction::Undo { .. } => vec![Scope::Ordered],
        Direction::Forward => state
            .children_undoing()
            .filter_map(|child| match state.site(child) {
                Some(SiteState::Child { status: ChildStatus::Undoing { error }, .. }) => {
                    Some(Scope::Child(child.clone(), error.clone()))
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Turn<'_> {
    /// Begins every compensation whose turn has come, and ends what has none left.
    pub(super) fn unwind(&mut self) {
        for scope in scopes(self.state) {
            let frontier = frontier(self.state, &scope);
            if !self.state.is_at_rest() {
                for (site, in_doubt) in frontier.ready {
                    self.begin_undo(&site, in_doubt);
                }
            }
            if frontier.left {
                continue;
            }
            self.push(match scope {
                Scope::Whole => Record::RolledBack,
                Scope::Ordered => Record::UndoEnded,
                Scope::Child(site, error) => Record::ChildEnded { site, result: Err(error) },
            });
        }
    }

    /// Begins the compensation of the step at `site`, or the call that settles its doubt, unless it is put off; parks
    /// it if this build cannot.
    pub(super) fn begin_undo(&mut self, site: &Site, in_doubt: bool) {
        let call = self.state.step(site).and_then(|s| match in_doubt {
            false => s.undo.clone(),
            true => s.in_doubt.clone().map(Ok),
        });
        match call {
            Some(Ok(call)) if self.facts.catalog.policy(&call.step).is_some() => {
                if self.facts.catalog.admits(site, &call.step) {
                    self.push(Record::UndoIntent { site: site.clone(), in_doubt });
                }
            }
            Some(Ok(call)) => {
                let detail = format!("this build does not know the compensation {}", call.step);
                self.stuck(site, Role::Undo, Reason::Diverged, detail);
            }
            Some(Err(lost)) => self.stuck(site, Role::Undo, Reason::OutputLost, lost.why),
            None => {
                let detail = "no compensation was recorded".to_owned();
                self.stuck(site, Role::Undo, Reason::OutputLost, detail);
            }
        }
    }
}

/// What a rollback stands before.
struct Frontier {
    /// Compensations whose turn has come, and whether each is that of a step in doubt.
    ready: Vec<(Site, bool)>,
    /// Whether something is not unwound yet.
    left: bool,
}

fn frontier(state: &State, scope: &Scope) -> Frontier {
    let owed = || state.steps().rev().filter(|(site, step)| !step.is_unwound() && scope.has(site, step));
    let mut frontier = Frontier { ready: Vec::new(), left: owed().next().is_some() };
    if owed().all(|(_, step)| begins(step).is_none()) {
        // All that is left has begun, or waits for something else.
        return frontier;
    }
    let mut later = Later::default();
    for (site, step) in owed() {
        if let Some(in_doubt) = begins(step).filter(|_| !later.blocks(site)) {
            frontier.ready.push((site.clone(), in_doubt));
        }
        if !site.is_in_branch() {
            // Concurrent with nothing: all that happened before waits for it.
            break;
        }
        later.add(site);
    }
    frontier
}

/// Whether the step's compensation is to begin, and whether it is the one for a step in doubt.
fn begins(step: &StepState) -> Option<bool> {
    if step.undoing.is_some() {
        return None;
    }
    match step.doing.status {
        Status::Done => Some(false),
        Status::Pending(Next::Hold) if step.doing.doubt && step.in_doubt.is_some() => Some(true),
        _ => None,
    }
}

/// The steps that are yet to be unwound and happened after the one looked at: a tree of their sites, so that each
/// question costs only the depth of a site.
#[derive(Default)]
struct Later<'a> {
    total: usize,
    by_fork: HashMap<&'a str, usize>,
    inside: HashMap<&'a str, Later<'a>>,
}

impl<'a> Later<'a> {
    fn add(&mut self, site: &'a Site) {
        let mut node = self;
        for segment in site.segments() {
            node.total += 1;
            *node.by_fork.entry(fork_of(segment)).or_default() += 1;
            node = node.inside.entry(segment).or_default();
        }
        node.total += 1;
    }

    /// Whether one of them is not concurrent with `site`.
    fn blocks(&self, site: &Site) -> bool {
        let mut node = self;
        for segment in site.segments() {
            let in_other_branches = node.by_fork.get(fork_of(segment)).copied().unwrap_or(0);
            if node.total > in_other_branches {
                return true;
            }
            match node.inside.get(segment) {
                Some(inside) => node = inside,
                None => return false,
            }
        }
        true
    }
}

/// Segments of one fork stand for its branches; any other segment is a fork of its own.
fn fork_of(segment: &str) -> &str {
    crate::site::branch_of(segment).map_or(segment, |(fork, _)| fork)
}
