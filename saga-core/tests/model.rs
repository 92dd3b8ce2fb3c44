//! The protocol of lease, fencing and rollback, every state of it: two workers, a store that fences, a world that
//! honours keys, and a budget of misfortune (a death, a stall past the lease, a cancel, an attempt that fails or is in
//! doubt, a redrive, a commit of which nobody hears, other sagas that take the room for compensations). The machine is
//! the real one; store and drivers are the least that keeps their promises. An exhaustive search, breadth first: what is
//! found first is a shortest way to it (explicit-state model checking; Holzmann, *The Model Checker SPIN*, 1997).
//!
//! Mutants seen to fail here: a store that does not fence; effects begun before their intent is durable; a doubt
//! cleared by a later error; a rollback that does not wait for an irreversible step in doubt, or that runs it again; a
//! probe that breaks its promise; a cancel taken out of the inbox before what it leads to is durable; a commit of which
//! nobody heard taken for durable, or forgotten; a store that does not know its repeat; a compensation, or its next
//! attempt, begun where there is no room; one that stands in line and is never let in. Without a difference: that guard
//! alone in `State::may_attempt`, which is covered twice; a repeat that is known although somebody else has held the saga
//! since, because whoever sent it is fenced at its next write; a next attempt that is due when it is let in, because
//! `Event::Due` begins it as well.

#![allow(clippy::unwrap_used)]

#[path = "support/desk.rs"]
mod desk;
#[path = "model/search.rs"]
mod search;
#[path = "model/system.rs"]
mod system;
#[path = "model/worker.rs"]
mod worker;

/// What `rules.rs` and `body.rs` share with the random sagas.
#[allow(dead_code)]
#[path = "support/body.rs"]
mod body;
#[allow(dead_code)]
#[path = "support/rules.rs"]
mod rules;

use body::Node;
use search::search;
use system::System;
use worker::Budget;

fn step(step: &'static str) -> Node {
    Node::Step { step, handled: false }
}

/// Searches all that can happen to a body; gives how many states there were.
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
