//! Facts that follow from an automaton: the moves that can happen, and the places past the point of no return. Shared
//! by all drawings.

use saga_core::Kind;
use saga_core::graph::{Definition, Graph, To, What};
use saga_core::policy::InDoubt;

/// A move from a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) to: To,
    pub(super) when: When,
    /// True if it passes the point of no return.
    pub(super) crosses: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Done,
    Failed,
    /// The move is the same for success and failure.
    Either,
    /// A retriable step failed permanently, or used up its attempts.
    Exhausted,
}

/// A graph with the facts that follow from it.
pub(super) struct Reading<'g> {
    pub(super) graph: &'g Graph,
    /// For each place, true if it is past the point of no return on at least one path.
    pub(super) past: Vec<bool>,
}

impl<'g> Reading<'g> {
    /// Analyses a graph. `past` is true if its start is already past the point of no return.
    pub(super) fn of(graph: &'g Graph, past: bool) -> Self {
        let mut reading = Self { graph, past: vec![past; graph.await_points.len()] };
        let mut open: Vec<To> = (0..graph.await_points.len())
            .filter(|number| !graph.await_points[*number].what.is_undoable())
            .flat_map(|number| graph.await_points[number].done.iter().copied())
            .collect();
        while let Some(to) = open.pop() {
            let To::AwaitPoint(number) = to else { continue };
            if !std::mem::replace(&mut reading.past[number], true) {
                let place = &graph.await_points[number];
                open.extend(place.done.iter().chain(place.failed).copied());
            }
        }
        reading
    }

    /// Returns the moves from a place that a drawing must show.
    pub(super) fn moves(&self, number: usize) -> Vec<Move> {
        let place = &self.graph.await_points[number];
        let crosses = !self.past[number] && !place.what.is_undoable();
        let fails = may_fail(&place.what);
        let failed = if fails { place.failed } else { &[] };
        let mut moves: Vec<Move> = place
            .done
            .iter()
            .map(|to| {
                let when = if failed.contains(to) { When::Either } else { When::Done };
                Move { to: *to, when, crosses }
            })
            .collect();
        let others = failed.iter().filter(|to| !place.done.contains(to));
        moves.extend(others.map(|to| Move { to: *to, when: When::Failed, crosses: false }));
        if is_retriable(&place.what) && !self.past[number] {
            moves.push(Move { to: To::RollingBack, when: When::Exhausted, crosses: false });
        }
        moves
    }
}

fn is_retriable(what: &What) -> bool {
    matches!(what.unnamed(), What::Step(step) if step.retriable)
}

/// Returns true if the body can see a failure of it.
pub(super) fn may_fail(what: &What) -> bool {
    match what.unnamed() {
        What::Step(step) => !step.retriable,
        What::Deferred(_) | What::Sleep | What::Now | What::Uuid => false,
        What::All(branches) => branches.iter().any(may_fail),
        What::Each(branch) => may_fail(branch),
        _ => true,
    }
}

/// The undoing of a step or child.
pub(super) struct Undo {
    pub(super) by: String,
    /// The verb that fits the subject: "undoes" or "undo".
    pub(super) verb: &'static str,
    pub(super) of: String,
    pub(super) more: Vec<String>,
}

/// Returns the undoing of a completed child: all its own compensations. `None` if it owes none, or has passed a point
/// of no return.
pub(super) fn child_undone_by(graph: &Graph) -> Option<Undo> {
    let owes = graph.definitions().iter().any(|step| step.undone_by.is_some());
    (owes && graph.is_undoable()).then(|| Undo {
        by: "its compensations".to_owned(),
        verb: "undo",
        of: graph.saga.to_owned(),
        more: Vec::new(),
    })
}

/// Returns the undoing of a step.
pub(super) fn undo_of_step(step: &Definition) -> Option<Undo> {
    let by = step.undone_by?;
    let within = step.undo_within.map(|window| format!("within {}", crate::text::length(window)));
    let leaves = step.leaves.map(|leaves| format!("leaves {leaves}"));
    let more = within.into_iter().chain(leaves).collect();
    Some(Undo { by: by.to_owned(), verb: "undoes", of: step.name.to_owned(), more })
}

/// The treatment of an attempt in doubt.
pub(super) struct Doubt {
    pub(super) asks: Option<&'static str>,
    pub(super) then: Then,
}

/// The treatment if no probe answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Rerun,
    DeadLetter,
    Settled(&'static str),
}

/// Returns the treatment of an attempt in doubt; `None` for a readonly step.
pub(super) fn doubt(step: &Definition) -> Option<Doubt> {
    if step.kind == Kind::Readonly {
        return None;
    }
    let then = match (step.in_doubt, step.settled_by) {
        (InDoubt::Call, Some(by)) => Then::Settled(by),
        (InDoubt::DeadLetter, _) => Then::DeadLetter,
        _ => Then::Rerun,
    };
    Some(Doubt { asks: step.probed_by, then })
}

/// Returns the words below a node's name.
pub(super) fn words(what: &What) -> Vec<&'static str> {
    match what.unnamed() {
        What::Step(step) => {
            let kind = match step.kind {
                Kind::Readonly => Some("readonly"),
                Kind::Irreversible => Some("irreversible"),
                Kind::Compensated | Kind::Auxiliary => None,
            };
            kind.into_iter().chain(step.retriable.then_some("retried until done")).collect()
        }
        What::Saga(_) => Vec::new(),
        What::Deferred(_) => vec!["at the commit"],
        What::Opaque(_) => vec!["a saga written by hand"],
        What::Sleep => vec!["a length of time"],
        What::Now => vec!["the time, recorded"],
        What::Uuid => vec!["a fresh id, recorded"],
        What::Signal => vec!["a signal"],
        What::Approve => vec!["a person's answer"],
        What::All(_) => vec!["at once"],
        What::Each(_) => vec!["one for each"],
        What::Named(..) => Vec::new(),
    }
}
