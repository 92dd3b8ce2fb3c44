//! The automaton of a saga, as data: the places where it can stand, and from which to which it can go. Written by
//! `#[saga]` from the control flow of the body, as a constant; compared, held against journals, and drawn by `saga-draw`.
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
    /// Where it goes first.
    pub start: &'static [To],
    /// Its places, in the order of the text: one for each `.await`.
    pub places: &'static [Place],
}

/// A place in a saga: one `.await` of its body.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of its site: of what is called, or given by `.named(…)`.
    pub name: &'static str,
    /// Which of that name it is in the text, from 1.
    pub occurrence: u32,
    /// How many loops it stands in.
    pub loops: u32,
    /// What is awaited.
    pub what: What,
    /// Where the saga goes when it is done.
    pub done: &'static [To],
    /// Where the saga goes when it has failed; nowhere if it cannot fail.
    pub failed: &'static [To],
}

/// Where a saga goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// To the place of that number.
    Place(usize),
    /// To its end, with its output.
    Completed,
    /// Back: it fails, and what it did is undone.
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
    /// A length of time.
    Sleep,
    /// The time, recorded.
    Now,
    /// A fresh id, recorded.
    Uuid,
    /// A signal.
    Signal,
    /// A person's answer.
    Approve,
    /// Several at once, each different.
    All(&'static [What]),
    /// Several at once, as many as there are.
    Each(&'static What),
    /// A branch whose site was given a name of its own by `.named(…)`.
    Named(&'static str, &'static What),
}

/// What a step says about itself, as far as others depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Its recorded name.
    pub name: &'static str,
    /// How it is undone.
    pub kind: Kind,
    /// Whether it is retried until it succeeds.
    pub retriable: bool,
    /// The step that undoes it.
    pub undone_by: Option<&'static str>,
    /// What an undo leaves behind, in words.
    pub leaves: Option<&'static str>,
    /// For how long it can be undone.
    pub undo_within: Option<Duration>,
    /// The step that is asked whether it happened.
    pub probed_by: Option<&'static str>,
    /// What is done in doubt when no probe answers.
    pub in_doubt: InDoubt,
    /// The step that settles it in doubt, if that is `InDoubt::Call`.
    pub settled_by: Option<&'static str>,
}

impl Graph {
    /// Whether it goes to the place of number `to` from `from`, or at first.
    pub fn leads(&self, from: Option<&Place>, to: usize) -> bool {
        let is_there = |moves: &[To]| moves.contains(&To::Place(to));
        match from {
            None => is_there(self.start),
            Some(from) => is_there(from.done) || is_there(from.failed),
        }
    }

    /// The places whose sites have that name, in the order of the text.
    pub fn places_named(&self, name: &str) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(move |place| place.name == name)
    }

    /// The number of the place of a site, whose prefix is a child's where it is in one.
    pub fn place_at(&self, site: &str) -> Option<usize> {
        follow::place_at(self, site)
    }

    /// The steps in it, those of children and branches included, each once, in the order of the text.
    ///
    /// What these name (compensations, probes) is not among them: only what the saga awaits.
    pub fn definitions(&self) -> Vec<&Definition> {
        let mut found = Vec::new();
        self.places.iter().for_each(|place| place.what.collect(&mut found));
        found
    }

    /// Whether all that it does can be undone. A child without a graph does not say so.
    pub fn is_undoable(&self) -> bool {
        self.places.iter().all(|place| place.what.is_undoable())
    }
}

impl What {
    /// The name of its site where it has none of its own: of what is called.
    pub fn label(&self) -> &'static str {
        match self {
            What::Step(step) => step.name,
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

    /// What it is beneath a name of its own.
    pub fn unnamed(&self) -> &What {
        match self {
            What::Named(_, what) => what.unnamed(),
            what => what,
        }
    }

    /// Whether nothing in it is irreversible. A child without a graph does not say so.
    pub fn is_undoable(&self) -> bool {
        match self {
            What::Step(step) => step.kind != Kind::Irreversible,
            What::Saga(graph) => graph.is_undoable(),
            What::Opaque(_) => false,
            What::All(branches) => branches.iter().all(What::is_undoable),
            What::Each(branch) | What::Named(_, branch) => branch.is_undoable(),
            What::Sleep | What::Now | What::Uuid | What::Signal | What::Approve => true,
        }
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Definition>) {
        match self {
            What::Step(step) if !found.contains(&step) => found.push(step),
            What::Saga(graph) => graph.places.iter().for_each(|place| place.what.collect(found)),
            What::All(branches) => branches.iter().for_each(|branch| branch.collect(found)),
            What::Each(branch) | What::Named(_, branch) => branch.collect(found),
            _ => {}
        }
    }
}
