//! A journal held against the automaton: whether the sites of the one, in their order, are a path of the other. Looks
//! at sites alone; which step stands there with which input is compared where the body runs.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use super::{AwaitPoint, Graph, To, What};
use crate::SitePath;
use crate::site::branch_of;

/// Where a journal leaves the automaton.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Departure {
    /// The first site that the automaton has no move to.
    pub at: SitePath,
    /// The site before it, in the same branch or child if it has any there; `None` at the very beginning.
    pub after: Option<SitePath>,
    /// Where the automaton goes instead, in words: "`charge_card`", "back", "its end". Empty if nowhere.
    pub expected: Vec<String>,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(after) => {
                write!(f, "the journal has `{}` after `{after}`; from there the automaton", self.at)?
            }
            None => write!(f, "the journal begins with `{}`; the automaton", self.at)?,
        }
        match self.expected.split_last() {
            None => f.write_str(" goes nowhere"),
            Some((last, [])) => write!(f, " goes to {last}"),
            Some((last, others)) => write!(f, " goes to {} or {last}", others.join(", ")),
        }
    }
}

impl Graph {
    /// Checks that these sites, in the order in which a journal first has them, are a path of the automaton, or the
    /// beginning of one. Repeated sites (a compensation's, for example) are passed over.
    ///
    /// # Errors
    /// The first site that the automaton has no move to.
    pub fn follow<'a>(&self, sites: impl IntoIterator<Item = &'a SitePath>) -> Result<(), Departure> {
        let (mut walk, mut seen) = (Walk::new(self, None), HashSet::new());
        for site in sites {
            if seen.insert(site) {
                walk.take(&segments(site), site)?;
            }
        }
        Ok(())
    }
}

/// Returns the number of the place that a site begins at.
pub(super) fn place_at(graph: &Graph, site: &str) -> Option<usize> {
    let first = Segment::of(site.split('/').next()?);
    graph.await_points.iter().position(|place| first.is_of(place))
}

/// `all#2[3].1` in its parts.
#[derive(Clone, PartialEq, Eq)]
struct Segment<'a> {
    name: &'a str,
    occurrence: u32,
    turns: Vec<u32>,
    branch: Option<usize>,
}

fn segments(site: &SitePath) -> Vec<Segment<'_>> {
    site.segments().map(Segment::of).collect()
}

impl<'a> Segment<'a> {
    /// Splits a site into its parts; any other text becomes a name that nothing has.
    fn of(text: &'a str) -> Self {
        Self::parsed(text).unwrap_or(Self { name: text, occurrence: 0, turns: Vec::new(), branch: None })
    }

    fn parsed(text: &'a str) -> Option<Self> {
        let (rest, branch) = match branch_of(text) {
            Some((rest, branch)) => (rest, Some(branch.parse().ok()?)),
            None => (text, None),
        };
        let (rest, turns) = rest.split_once('[').unwrap_or((rest, ""));
        let turns = match turns.strip_suffix(']') {
            Some(turns) => turns.split("][").map(|turn| turn.parse().ok()).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        let (name, occurrence) = match rest.split_once('#') {
            Some((name, occurrence)) => (name, occurrence.parse().ok()?),
            None => (rest, 1),
        };
        Some(Self { name, occurrence, turns, branch })
    }

    /// Returns true if it is of that place, in whatever turn.
    fn is_of(&self, place: &AwaitPoint) -> bool {
        self.name == place.name
            && self.occurrence == place.occurrence
            && self.turns.len() == place.loops as usize
            && self.branch.is_some() == is_fork(&place.what)
    }
}

fn is_fork(what: &What) -> bool {
    matches!(what.unnamed(), What::All(_) | What::Each(_))
}

/// Returns true if it may pass without a trace: an `all` of an iterator that gives nothing.
fn may_be_empty(what: &What) -> bool {
    match what.unnamed() {
        What::Each(_) => true,
        What::All(branches) => branches.iter().all(may_be_empty),
        What::Step(_)
        | What::Saga(_)
        | What::Opaque(_)
        | What::Deferred(_)
        | What::Sleep
        | What::Now
        | What::Uuid
        | What::Signal
        | What::Approve
        | What::Named(..) => false,
    }
}

/// How something may have ended, as far as its sites tell.
#[derive(Clone, Copy)]
struct Ends {
    done: bool,
    failed: bool,
}

/// A journal on its way through one graph.
struct Walk<'g> {
    graph: &'g Graph,
    /// What came before its first site.
    last: Option<SitePath>,
    at: Option<Visit<'g>>,
    /// In which turns each place was last.
    latest: Vec<Option<Vec<u32>>>,
}

/// A stay at a place.
struct Visit<'g> {
    place: usize,
    turns: Vec<u32>,
    inside: Inside<'g>,
}

/// What is awaited at a place or in a branch, and how far that is.
enum Inside<'g> {
    Leaf(Ends),
    Opaque,
    Child { opened: bool, walk: Box<Walk<'g>> },
    Fork { what: &'g What, branches: BTreeMap<usize, Inside<'g>> },
}

impl<'g> Walk<'g> {
    fn new(graph: &'g Graph, last: Option<SitePath>) -> Self {
        Self { graph, last, at: None, latest: vec![None; graph.await_points.len()] }
    }

    fn take(&mut self, path: &[Segment<'_>], site: &SitePath) -> Result<(), Departure> {
        let Some((first, rest)) = path.split_first() else { return Ok(()) };
        let last = self.last.clone();
        match self
            .at
            .as_mut()
            .filter(|visit| first.is_of(&self.graph.await_points[visit.place]) && visit.turns == first.turns)
        {
            Some(visit) => visit.inside.take(first.branch, rest, site, last.as_ref())?,
            None => {
                let mut visit = self.visit(first, site)?;
                visit.inside.take(first.branch, rest, site, last.as_ref())?;
                self.latest[visit.place] = Some(first.turns.clone());
                self.at = Some(visit);
            }
        }
        self.last = Some(site.clone());
        Ok(())
    }

    /// Returns the visit of the next place, if the automaton has a move to it.
    fn visit(&self, first: &Segment<'_>, site: &SitePath) -> Result<Visit<'g>, Departure> {
        let moves = self.moves();
        let mut expected = Vec::new();
        for to in &moves {
            let To::AwaitPoint(number) = *to else { continue };
            let place = &self.graph.await_points[number];
            if !first.is_of(place) {
                expected.push(format!("`{}`", shown(place)));
            } else if self.in_turn(number, &first.turns) {
                let inside = Inside::of(&place.what);
                return Ok(Visit { place: number, turns: first.turns.clone(), inside });
            } else {
                expected.push(format!("`{}` in a later turn", shown(place)));
            }
        }
        if moves.contains(&To::Completed) {
            expected.push("its end".to_owned());
        }
        if moves.contains(&To::RollingBack) {
            expected.push("its rollback".to_owned());
        }
        Err(Departure { at: site.clone(), after: self.last.clone(), expected })
    }

    /// Returns where it may go from here; an `all` that may be empty is passed as well.
    fn moves(&self) -> Vec<To> {
        let mut open: Vec<To> = match &self.at {
            None => self.graph.start.to_vec(),
            Some(visit) => {
                let place = &self.graph.await_points[visit.place];
                let ends = visit.inside.ends();
                let done = place.done.iter().filter(|_| ends.done);
                done.chain(place.failed.iter().filter(|_| ends.failed)).copied().collect()
            }
        };
        open.reverse();
        let mut moves = Vec::new();
        while let Some(to) = open.pop() {
            if moves.contains(&to) {
                continue;
            }
            moves.push(to);
            if let To::AwaitPoint(number) = to {
                let place = &self.graph.await_points[number];
                open.extend(place.done.iter().rev().filter(|_| may_be_empty(&place.what)));
            }
        }
        moves
    }

    /// Returns true if the loops around can be in these turns now. Which loops two places share is not known, only how
    /// many are around each; so this refuses what is wrong in every case.
    fn in_turn(&self, number: usize, turns: &[u32]) -> bool {
        if self.latest[number].as_deref().is_some_and(|latest| turns <= latest) {
            return false;
        }
        let Some(visit) = &self.at else { return true };
        // Places are numbered in the order of the text, so only the next turn of a loop leads back.
        let back = number <= visit.place;
        match visit.turns.iter().zip(turns).position(|(before, now)| before != now) {
            None => !back,
            // The outermost loop is the same if there is a way back: its turns only grow.
            Some(0) => visit.turns[0] < turns[0] || !self.is_cycle(visit.place, number),
            Some(loops) => visit.turns[loops] < turns[loops] || !back,
        }
    }

    fn is_cycle(&self, a: usize, b: usize) -> bool {
        self.leads(a, b) && self.leads(b, a)
    }

    fn leads(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut open) = (vec![false; self.graph.await_points.len()], vec![from]);
        while let Some(place) = open.pop() {
            let place = &self.graph.await_points[place];
            for next in place.done.iter().chain(place.failed) {
                match *next {
                    To::AwaitPoint(next) if next == to => return true,
                    To::AwaitPoint(next) if !std::mem::replace(&mut seen[next], true) => open.push(next),
                    To::AwaitPoint(_) | To::Completed | To::RollingBack => {}
                }
            }
        }
        false
    }

    fn ends(&self) -> Ends {
        let moves = self.moves();
        Ends { done: moves.contains(&To::Completed), failed: moves.contains(&To::RollingBack) }
    }
}

impl<'g> Inside<'g> {
    fn of(what: &'g What) -> Self {
        let leaf = |failed| Inside::Leaf(Ends { done: true, failed });
        let what = what.unnamed();
        match what {
            What::Step(step) => leaf(!step.retriable),
            What::Deferred(_) | What::Sleep | What::Now | What::Uuid => leaf(false),
            What::Signal | What::Approve => leaf(true),
            What::Opaque(_) => Inside::Opaque,
            What::Saga(graph) => Inside::Child { opened: false, walk: Box::new(Walk::new(graph, None)) },
            What::All(_) | What::Each(_) | What::Named(..) => {
                Inside::Fork { what, branches: BTreeMap::new() }
            }
        }
    }

    /// Takes a site in here: `branch` and `rest` are what follows the part that led here.
    fn take(
        &mut self,
        branch: Option<usize>,
        rest: &[Segment<'_>],
        site: &SitePath,
        after: Option<&SitePath>,
    ) -> Result<(), Departure> {
        let departure = |expected| Err(Departure { at: site.clone(), after: after.cloned(), expected });
        match (self, rest) {
            (Inside::Opaque, _) | (Inside::Leaf(_), []) => Ok(()),
            (Inside::Child { opened, walk }, []) => {
                *opened = true;
                walk.last = Some(site.clone());
                Ok(())
            }
            (Inside::Child { opened: true, walk }, [_, ..]) => walk.take(rest, site),
            (Inside::Child { opened: false, walk }, _) => {
                departure(vec![format!("the beginning of `{}`", walk.graph.saga)])
            }
            (Inside::Fork { what, branches }, [first, rest @ ..]) => {
                let number = branch.unwrap_or_default();
                let Some(what) = nth(what, number) else { return departure(Vec::new()) };
                let known = first.name == what.label() && first.occurrence == 1 && first.turns.is_empty();
                if !known || first.branch.is_some() != is_fork(what) {
                    return departure(vec![format!("`{}` in branch {number}", what.label())]);
                }
                let inside = branches.entry(number).or_insert_with(|| Inside::of(what));
                inside.take(first.branch, rest, site, after)
            }
            _ => departure(Vec::new()),
        }
    }

    fn ends(&self) -> Ends {
        match self {
            Inside::Leaf(ends) => *ends,
            Inside::Opaque => Ends { done: true, failed: true },
            Inside::Child { walk, .. } => walk.ends(),
            Inside::Fork { what, branches } => {
                let ends: Vec<Ends> = branches.values().map(Inside::ends).collect();
                let settled = ends.iter().all(|end| end.done || end.failed);
                let whole = match what {
                    // What is not begun after a failure leaves no trace.
                    What::All(all) => all
                        .iter()
                        .enumerate()
                        .all(|(n, what)| may_be_empty(what) || branches.contains_key(&n)),
                    What::Step(_)
                    | What::Saga(_)
                    | What::Opaque(_)
                    | What::Deferred(_)
                    | What::Sleep
                    | What::Now
                    | What::Uuid
                    | What::Signal
                    | What::Approve
                    | What::Each(_)
                    | What::Named(..) => true,
                };
                let done = whole && ends.iter().all(|end| end.done);
                Ends { done, failed: settled && ends.iter().any(|end| end.failed) }
            }
        }
    }
}

/// Returns what stands in that branch of a fork.
fn nth(fork: &What, branch: usize) -> Option<&What> {
    match fork {
        What::All(branches) => branches.get(branch),
        What::Each(each) => Some(each),
        What::Step(_)
        | What::Saga(_)
        | What::Opaque(_)
        | What::Deferred(_)
        | What::Sleep
        | What::Now
        | What::Uuid
        | What::Signal
        | What::Approve
        | What::Named(..) => None,
    }
}

/// Returns the place as a journal writes it, without turns.
fn shown(place: &AwaitPoint) -> String {
    match place.occurrence {
        0 | 1 => place.name.to_owned(),
        occurrence => format!("{}#{occurrence}", place.name),
    }
}
