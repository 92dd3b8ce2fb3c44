//! The protocol of lease, fencing and rollback, every state of it: two workers, a store that fences, a world that
//! honours keys, and a budget of misfortune (a death, a stall past the lease, a cancel, an attempt that fails or is in
//! doubt, a redrive). The machine is the real one; store and drivers are the least that keeps their promises. An
//! exhaustive search, breadth first: what is found first is a shortest way to it (explicit-state model checking;
//! Holzmann, *The Model Checker SPIN*, 1997).
//!
//! Mutants seen to fail here: a store that does not fence; effects begun before their intent is durable; a doubt
//! cleared by a later error; a rollback that does not wait for an irreversible step in doubt, or that runs it again; a
//! probe that breaks its promise. Without a difference: that guard alone in `State::may_attempt`, which is covered twice.

#![allow(clippy::unwrap_used)]

#[path = "support/desk.rs"]
mod desk;
#[path = "model/search.rs"]
mod search;
#[path = "model/system.rs"]
mod system;

/// What `rules.rs` and `body.rs` share with the random sagas.
#[allow(dead_code)]
#[path = "support/body.rs"]
mod body;
#[allow(dead_code)]
#[path = "support/rules.rs"]
mod rules;

use body::Node;
use search::search;
use system::{Budget, System};

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

const ALL: Budget = Budget { deaths: 1, stalls: 1, cancels: 1, troubles: 1, redrives: 1 };

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
    let budget = Budget { deaths: 1, stalls: 0, cancels: 1, troubles: 1, redrives: 0 };
    assert!(check(vec![Node::All(vec![vec![step("comp")], vec![step("comp_probe")]])], budget) > 1_000);
}

#[test]
fn two_deaths_in_a_rollback() {
    let budget = Budget { deaths: 2, stalls: 0, cancels: 1, troubles: 1, redrives: 0 };
    assert!(check(vec![step("comp"), step("comp_person")], budget) > 1_000);
}
