//! The steps that are still to be unwound, as a tree of sites. It finds the steps that one compensation makes ready
//! without a scan of the others. A step is ready once everything that happened after it is unwound. Other branches of
//! the same `all` do not count as later.
//!
//! The things that happened at a node, one after the other, are its *forks*: an `all` with its branches, or a single
//! step or child saga. Only the last fork can contain ready steps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::looked;
use crate::SitePath;

/// The steps that are still to be unwound. A step is identified by its place in the order of intents.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    root: Node,
}

/// The steps left at a site and inside it.
#[derive(Debug, Clone, Default)]
struct Node {
    forks: HashMap<Box<str>, Fork>,
    /// The forks, by the last place in each.
    by_last: BTreeMap<usize, Box<str>>,
}

/// The steps left of one thing that happened at a node.
#[derive(Debug, Clone, Default)]
struct Fork {
    places: BTreeSet<usize>,
    /// Keyed by segment. The entry of the step itself has no branches.
    branches: HashMap<Box<str>, Node>,
}

/// The segment of the step itself, under the node of its site.
const ITSELF: &str = "";

/// Returns the segments of a site down to the step itself.
fn way(site: &SitePath) -> impl Iterator<Item = &str> {
    site.segments().chain([ITSELF])
}

/// Returns the fork of a segment. Branches of one `all` share a fork, named with the dot; any other segment is its own.
fn fork_of(segment: &str) -> &str {
    crate::site::branch_of(segment).map_or(segment, |(fork, _)| &segment[..=fork.len()])
}

impl Frontier {
    pub(crate) fn is_empty(&self) -> bool {
        self.root.forks.is_empty()
    }

    /// Returns true if any step is left at `site` or inside it.
    pub(crate) fn has_inside(&self, site: &SitePath) -> bool {
        let mut node = &self.root;
        for segment in site.segments() {
            match node.forks.get(fork_of(segment)).and_then(|fork| fork.branches.get(segment)) {
                Some(inside) => node = inside,
                None => return false,
            }
        }
        true
    }

    /// Returns true if the step is still to be unwound.
    pub(crate) fn has(&self, site: &SitePath, place: usize) -> bool {
        let first = site.segments().next().unwrap_or(ITSELF);
        self.root.forks.get(fork_of(first)).is_some_and(|fork| fork.places.contains(&place))
    }

    /// Returns true if everything that happened after the step is unwound.
    pub(crate) fn is_its_turn(&self, site: &SitePath, place: usize) -> bool {
        let mut node = &self.root;
        for segment in way(site) {
            looked::at(1);
            let fork = fork_of(segment);
            let others = node.by_last.iter().rev().find(|(_, other)| &***other != fork);
            if others.is_some_and(|(last, _)| *last > place) {
                return false;
            }
            match node.forks.get(fork).and_then(|fork| fork.branches.get(segment)) {
                Some(inside) => node = inside,
                None => break,
            }
        }
        self.has(site, place)
    }

    /// Adds a step that is to be unwound.
    pub(crate) fn add(&mut self, site: &SitePath, place: usize) {
        let mut node = &mut self.root;
        for segment in way(site) {
            looked::at(1);
            let key = fork_of(segment);
            if !node.forks.contains_key(key) {
                node.forks.insert(key.into(), Fork::default());
            }
            let fork = node.forks.get_mut(key).expect("it was put there");
            let before = fork.places.last().copied();
            fork.places.insert(place);
            if before.is_none_or(|before| before < place) {
                before.and_then(|before| node.by_last.remove(&before));
                node.by_last.insert(place, key.into());
            }
            if segment == ITSELF {
                return;
            }
            if !fork.branches.contains_key(segment) {
                fork.branches.insert(segment.into(), Node::default());
            }
            node = fork.branches.get_mut(segment).expect("it was put there");
        }
    }

    /// Removes a step that is unwound. Adds to `come` the steps that may have become ready: all of them, and perhaps
    /// others.
    pub(crate) fn remove(&mut self, site: &SitePath, place: usize, come: &mut Vec<usize>) {
        self.root.remove(&mut way(site), place, true, come);
    }

    /// Adds to `come` all steps that may be ready, and perhaps others.
    pub(crate) fn turns(&self, come: &mut Vec<usize>) {
        self.root.turns(come);
    }
}

impl Node {
    /// Removes a place below this node. `is_last`: every node above is in the last fork of its parent.
    fn remove<'a>(
        &mut self,
        way: &mut impl Iterator<Item = &'a str>,
        place: usize,
        is_last: bool,
        come: &mut Vec<usize>,
    ) {
        looked::at(1);
        let Some(segment) = way.next() else { return };
        let key = fork_of(segment);
        let Some(last) = self.by_last.last_key_value().map(|(_, fork)| fork.clone()) else { return };
        // Forks that overlap have no order; then any step may block any other.
        let may_hold_up = is_last && self.overlap();
        let Some(fork) = self.forks.get_mut(key) else { return };
        let before = fork.places.last().copied();
        fork.places.remove(&place);
        let after = fork.places.last().copied();
        if before != after {
            before.and_then(|before| self.by_last.remove(&before));
            after.and_then(|after| self.by_last.insert(after, key.into()));
        }
        if let Some(inside) = fork.branches.get_mut(segment) {
            inside.remove(way, place, is_last && *last == *key, come);
            if inside.forks.is_empty() {
                fork.branches.remove(segment);
            }
        }
        if after.is_none() {
            self.forks.remove(key);
        }
        let is_other = self.by_last.last_key_value().is_some_and(|(_, fork)| *fork != last);
        if is_last && (is_other || may_hold_up) {
            self.turns(come);
        }
    }

    /// Returns true if a step of another fork happened after the first step of the last fork.
    fn overlap(&self) -> bool {
        let mut lasts = self.by_last.iter().rev();
        let (Some((_, last)), Some((before, _))) = (lasts.next(), lasts.next()) else { return false };
        self.forks.get(last).and_then(|fork| fork.places.first()).is_some_and(|first| first < before)
    }

    fn turns(&self, come: &mut Vec<usize>) {
        looked::at(1);
        let Some((place, last)) = self.by_last.last_key_value() else { return };
        if **last == *ITSELF {
            come.push(*place);
        }
        let branches = self.forks.get(last).into_iter().flat_map(|fork| fork.branches.values());
        branches.for_each(|inside| inside.turns(come));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes readiness directly from the definition.
    fn has_turn(left: &[Option<SitePath>], at: usize) -> bool {
        let Some(site) = &left[at] else { return false };
        left[at + 1..].iter().flatten().all(|later| later.concurrent_with(site))
    }

    /// Returns the next pseudorandom number (splitmix64).
    fn next(seed: &mut u64) -> usize {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize
    }

    /// Returns a random site of forks, branches, children and steps, including sites that no real body has.
    fn site(seed: &mut u64) -> SitePath {
        const SEGMENTS: [&str; 9] =
            ["all", "b[1]", "all.0", "all.1", "all.2", "all[1].0", "all[1].1", "child", "child#2"];
        let segments: Vec<&str> = (0..1 + next(seed) % 4).map(|_| SEGMENTS[next(seed) % 9]).collect();
        SitePath::from(segments.join("/"))
    }

    #[test]
    fn a_turn_comes_when_all_that_happened_after_is_unwound() {
        for round in 0..3000 {
            let mut seed = round;
            let mut left: Vec<Option<SitePath>> = Vec::new();
            let mut frontier = Frontier::default();
            let count = 1 + next(&mut seed) % 12;
            while left.len() < count {
                let one = site(&mut seed);
                if !left.iter().flatten().any(|there| *there == one) {
                    frontier.add(&one, left.len());
                    left.push(Some(one));
                }
            }
            let mut told = vec![false; count];
            let mut come = Vec::new();
            frontier.turns(&mut come);
            while !frontier.is_empty() {
                // A step that is reported too early is forgotten.
                come.drain(..).for_each(|at: usize| told[at] = has_turn(&left, at));
                for at in 0..count {
                    let turn = has_turn(&left, at);
                    assert!(!turn || told[at], "{:?} of {left:?} was not told", left[at]);
                    let one = left[at].as_ref();
                    assert_eq!(one.is_some_and(|one| frontier.is_its_turn(one, at)), turn, "{left:?} {at}");
                    assert!(one.is_none_or(|one| frontier.has(one, at) && frontier.has_inside(one)));
                }
                // Picks a ready step most of the time, and any step now and then.
                let of: Vec<usize> = (0..count)
                    .filter(|at| {
                        left[*at].is_some() && (next(&mut seed).is_multiple_of(8) || has_turn(&left, *at))
                    })
                    .collect();
                let at = of[next(&mut seed) % of.len()];
                let gone = left[at].take().expect("it is there");
                frontier.remove(&gone, at, &mut come);
                assert!(!frontier.has(&gone, at));
            }
            assert!(left.iter().all(Option::is_none));
            assert!(frontier.root.by_last.is_empty());
        }
    }
}
