//! A search through all states of a system, breadth first.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::system::System;

/// The result of a search.
pub(crate) struct Found {
    pub(crate) states: usize,
    /// The number of states in which nothing is left to be done.
    pub(crate) ended: usize,
}

/// A known state: its predecessor, the event between them, and its successors.
struct Known {
    from: Option<(usize, String)>,
    next: Vec<usize>,
    has_ended: bool,
}

/// Explores everything that can happen. Panics with the shortest path to a state that breaks a rule, or from which no
/// end can be reached.
pub(crate) fn search(start: System) -> Found {
    let mut numbers = HashMap::from([(start.identity(), 0)]);
    let mut known = vec![Known { from: None, next: Vec::new(), has_ended: false }];
    let mut left = VecDeque::from([(0, start)]);
    while let Some((number, system)) = left.pop_front() {
        known[number].has_ended = system.has_ended();
        let next = catch_unwind(AssertUnwindSafe(|| system.everything()));
        let next = next.unwrap_or_else(|_| panic!("on the way:\n{}", way(&known, number)));
        for (what, next) in next {
            let holds = catch_unwind(AssertUnwindSafe(|| next.check()));
            assert!(holds.is_ok(), "on the way:\n{}{what}\n", way(&known, number));
            let next_number = match numbers.entry(next.identity()) {
                Entry::Occupied(there) => *there.get(),
                Entry::Vacant(new) => {
                    known.push(Known { from: Some((number, what)), next: Vec::new(), has_ended: false });
                    left.push_back((*new.insert(known.len() - 1), next));
                    known.len() - 1
                }
            };
            known[number].next.push(next_number);
        }
    }
    let lost = cannot_end(&known);
    assert!(lost.is_none(), "no end can be reached after:\n{}", way(&known, lost.unwrap_or_default()));
    Found { states: known.len(), ended: known.iter().filter(|k| k.has_ended).count() }
}

/// Returns the events that led to a state.
fn way(known: &[Known], number: usize) -> String {
    let mut steps = Vec::new();
    let mut at = number;
    while let Some((from, what)) = &known[at].from {
        steps.push(format!("{what}\n"));
        at = *from;
    }
    steps.reverse();
    steps.concat()
}

/// Returns the first state from which no end can be reached.
fn cannot_end(known: &[Known]) -> Option<usize> {
    let mut before = vec![Vec::new(); known.len()];
    for (number, state) in known.iter().enumerate() {
        state.next.iter().for_each(|next| before[*next].push(number));
    }
    let mut ends = vec![false; known.len()];
    let mut left: Vec<usize> = (0..known.len()).filter(|n| known[*n].has_ended).collect();
    while let Some(number) = left.pop() {
        if !std::mem::replace(&mut ends[number], true) {
            left.extend(&before[number]);
        }
    }
    ends.iter().position(|ends| !ends)
}
