//! The protocol of lease, fencing and rollback, in all its states: two workers, a store that fences, a world that
//! honours keys, and a budget of faults. The faults are a death, a stall past the lease, an attempt that fails or is in
//! doubt, and a commit that gets no answer. The budget also has a cancel, a redrive, and other sagas that take the
//! slots for compensations. The machine is the real one; store and drivers are minimal ones that keep their contracts.
//! The search is exhaustive and breadth-first, so the first path found is a shortest one (explicit-state model
//! checking; Holzmann, *The Model Checker SPIN*, 1997).
//!
//! Mutants seen to fail here: a store that does not fence; effects begun before their intent is durable; a doubt
//! cleared by a later error; a rollback that does not wait for an irreversible step in doubt, or that reruns it; a
//! probe that breaks its promise; a cancel taken out of the inbox before its result is durable; a commit with a lost
//! answer treated as durable, or forgotten; a store that does not recognize a repeat; a compensation, or its next
//! attempt, begun without a slot; a queued one that never begins. Without a difference: the guard in
//! `State::may_attempt` alone, which is covered twice; a repeat that is recognized although another worker has held the
//! saga since, because its sender is fenced at its next write; a next attempt that is due when it gets a slot, because
//! `Event::Due` begins it too.

#![allow(clippy::unwrap_used)]

mod search;
mod system;
mod worker;

use crate::support::body::Node;
use search::search;
use system::System;
use worker::Budget;

fn step(step: &'static str) -> Node {
    Node::Step { step, handled: false }
}

/// Searches everything that can happen to a body; returns the number of states.
fn check(body: Vec<Node>, budget: Budget) -> usize {
    let found = search(System::new(body, budget));
    assert!(found.ended > 0, "nothing ends");
    eprintln!("{} states, {} ways to end", found.states, found.ended);
    found.states
}

const ALL: Budget =
    Budget { deaths: 1, stalls: 1, cancels: 1, troubles: 1, redrives: 1, unheard: 0, crowds: 0 };

#[test]
fn a_saga_of_undoable_steps() {
    assert!(check(vec![step("comp"), step("comp")], ALL) > 1_000);
}

#[test]
fn a_point_of_no_return_after_an_undoable_step() {
    assert!(check(vec![step("comp"), step("irr_probe")], ALL) > 1_000);
}

#[test]
fn past_the_point_of_no_return() {
    assert!(check(vec![step("irr"), step("irr_retriable2")], ALL) > 1_000);
}

#[test]
fn branches_of_all() {
    let budget = Budget { deaths: 1, stalls: 0, cancels: 1, troubles: 1, redrives: 0, unheard: 0, crowds: 0 };
    assert!(check(vec![Node::All(vec![vec![step("comp")], vec![step("comp_probe")]])], budget) > 1_000);
}

#[test]
fn two_deaths_in_a_rollback() {
    let budget = Budget { deaths: 2, stalls: 0, cancels: 1, troubles: 1, redrives: 0, unheard: 0, crowds: 0 };
    assert!(check(vec![step("comp"), step("comp_person")], budget) > 1_000);
}

#[test]
fn commits_of_which_nobody_hears() {
    let budget = Budget { unheard: 2, troubles: 0, redrives: 0, ..ALL };
    assert!(check(vec![step("comp"), step("comp")], budget) > 1_000);
}

#[test]
fn commits_of_which_nobody_hears_at_a_point_of_no_return() {
    let budget = Budget { unheard: 1, redrives: 0, ..ALL };
    assert!(check(vec![step("irr_probe")], budget) > 1_000);
}

#[test]
fn no_room_for_a_compensation() {
    let budget = Budget { crowds: 2, stalls: 0, redrives: 0, ..ALL };
    assert!(check(vec![step("comp"), step("comp")], budget) > 1_000);
}

#[test]
fn no_room_for_a_compensation_that_somebody_sends_on() {
    let budget = Budget { crowds: 1, unheard: 1, stalls: 0, deaths: 0, troubles: 2, ..ALL };
    assert!(check(vec![step("comp")], budget) > 1_000);
}
