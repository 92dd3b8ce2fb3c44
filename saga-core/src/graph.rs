//! The automaton of a saga, as data: its await points and the moves between them. `#[saga]` writes it as a constant,
//! from the control flow of the body. It is compared, checked against journals, and drawn by `saga-draw`.
//!
//! Hierarchical: a child saga has a graph of its own, and so has each branch of `all`.

mod follow;

use std::time::Duration;

use crate::policy::{InDoubt, Kind};

pub use follow::Departure;

/// The automaton of a saga.
#[derive(Debug, PartialEq, Eq)]
pub struct Graph {
    /// The saga's recorded name.
    pub saga: &'static str,
    /// The version of its code.
    pub version: u32,
    /// The first moves.
    pub start: &'static [To],
    /// Its places, in the order of the text: one for each `.await`.
    pub await_points: &'static [AwaitPoint],
}

/// A place in a saga: one `.await` of its body.
#[derive(Debug, PartialEq, Eq)]
pub struct AwaitPoint {
    /// The name of its site: of what is called, or given by `.named(…)`.
    pub name: &'static str,
    /// Its number among the places of that name in the text, from 1.
    pub occurrence: u32,
    /// The number of loops around it.
    pub loops: u32,
    /// What is awaited.
    pub what: What,
    /// The moves after it is done.
    pub done: &'static [To],
    /// The moves after it has failed; empty if it cannot fail.
    pub failed: &'static [To],
}

/// The target of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The place of that index.
    AwaitPoint(usize),
    /// Completion, with the body's output.
    Completed,
    /// Failure: the saga's effects are undone.
    RollingBack,
}

/// What is awaited at a place.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// A step.
    Step(Definition),
    /// Another saga, as a child.
    Saga(&'static Graph),
    /// A child saga that was written by hand, and has no graph.
    Opaque(&'static str),
    /// A sleep.
    Sleep,
    /// The current time, recorded.
    Now,
    /// A fresh id, recorded.
    Uuid,
    /// A signal.
    Signal,
    /// A person's answer.
    Approve,
    /// Several different things at once.
    All(&'static [What]),
    /// Any number of the same thing at once.
    Each(&'static What),
    /// A step that is deferred to the commit.
    Deferred(&'static What),
    /// A branch with a site that was named by `.named(…)`.
    Named(&'static str, &'static What),
}

/// What other code depends on in a step's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The step's recorded name.
    pub name: &'static str,
    /// How it is undone.
    pub kind: Kind,
    /// True if it is retried until it succeeds.
    pub retriable: bool,
    /// The step that undoes it; `None` if nothing does.
    pub undone_by: Option<&'static str>,
    /// The residue, in words; `None` if it declares none.
    pub leaves: Option<&'static str>,
    /// The time for which it can be undone; `None` if there is no limit.
    pub undo_within: Option<Duration>,
    /// The readonly step that finds out whether it happened; `None` if it has no probe.
    pub probed_by: Option<&'static str>,
    /// The policy for an attempt in doubt when no probe answers.
    pub in_doubt: InDoubt,
    /// The step that settles it in doubt, if that is `InDoubt::Call`.
    pub settled_by: Option<&'static str>,
    /// The time for which its conclusive errors clear doubt; `None` if they do not.
    pub conclusive: Option<Duration>,
}

impl Graph {
    /// Returns true if a move leads to the place of index `to`: from `from`, or from the start if that is `None`.
    pub fn leads(&self, from: Option<&AwaitPoint>, to: usize) -> bool {
        let is_there = |moves: &[To]| moves.contains(&To::AwaitPoint(to));
        match from {
            None => is_there(self.start),
            Some(from) => is_there(from.done) || is_there(from.failed),
        }
    }

    /// Returns the places with sites of that name, in the order of the text.
    pub fn await_points_named(&self, name: &str) -> impl Iterator<Item = &AwaitPoint> {
        self.await_points.iter().filter(move |place| place.name == name)
    }

    /// Returns the index of the place of a site; `None` if there is none. A site in a child has the child's prefix.
    pub fn place_at(&self, site: &str) -> Option<usize> {
        follow::place_at(self, site)
    }

    /// Returns the steps in it, those of children and branches included, each once, in the order of the text.
    ///
    /// Only steps that the saga awaits are among them, not the compensations and probes that they name.
    pub fn definitions(&self) -> Vec<&Definition> {
        let mut found = Vec::new();
        self.await_points.iter().for_each(|place| place.what.collect(&mut found));
        found
    }

    /// Returns true if all of it can be undone. False for a child without a graph.
    pub fn is_undoable(&self) -> bool {
        self.await_points.iter().all(|place| place.what.is_undoable())
    }
}

impl What {
    /// Returns the name of a site that has no name of its own: that of the callee.
    pub fn label(&self) -> &'static str {
        match self {
            What::Step(step) => step.name,
            What::Deferred(step) => step.label(),
            What::Saga(graph) => graph.saga,
            What::Opaque(name) | What::Named(name, _) => name,
            What::Sleep => "sleep",
            What::Now => "now",
            What::Uuid => "uuid",
            What::Signal => "signal",
            What::Approve => "approve",
            What::All(_) | What::Each(_) => "all",
        }
    }

    /// Returns what is beneath names given by `.named(…)`.
    pub fn unnamed(&self) -> &What {
        if let What::Named(_, what) = self { what.unnamed() } else { self }
    }

    /// Returns true if nothing in it is irreversible before the commit. False for a child without a graph.
    pub fn is_undoable(&self) -> bool {
        match self {
            What::Step(step) => step.kind != Kind::Irreversible,
            What::Saga(graph) => graph.is_undoable(),
            What::Opaque(_) => false,
            What::All(branches) => branches.iter().all(What::is_undoable),
            What::Each(branch) | What::Named(_, branch) => branch.is_undoable(),
            What::Deferred(_) | What::Sleep | What::Now | What::Uuid | What::Signal | What::Approve => true,
        }
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Definition>) {
        match self {
            What::Step(step) if !found.contains(&step) => found.push(step),
            What::Saga(graph) => graph.await_points.iter().for_each(|place| place.what.collect(found)),
            What::All(branches) => branches.iter().for_each(|branch| branch.collect(found)),
            What::Each(branch) | What::Named(_, branch) | What::Deferred(branch) => branch.collect(found),
            What::Step(_)
            | What::Opaque(_)
            | What::Sleep
            | What::Now
            | What::Uuid
            | What::Signal
            | What::Approve => {}
        }
    }
}
