//! Random sagas under random events, invalid events and crashes: the rules of every record and every resting state, and
//! that each saga ends once everything works (`support/rules.rs` states the rules).
//!
//! Mutants put into the machine by hand. Caught here and by the tables (`machine_*.rs`): doubt cleared by a later error
//! (in the decision; in the fold); undo in forward order; nothing blocked by what came later; branches of one `all`
//! treated as a sequence; a cancel that is not durable; an irreversible step rerun after a stop (in doubt; known not to
//! have happened); a stop that does not wait for what runs, or for an irreversible step in doubt; the generation not
//! increased by `NotHappened` or by a redrive, or increased in doubt; `TooLate` ignored; late ends accepted; a
//! dead-lettered compensation counted as unwound; a step in doubt skipped by the rollback; a wake-up for a probe in
//! flight, or for a backoff that cannot begin; work in a dead letter; a poison pill rerun; held steps not resumed; a
//! retriable step failing before the body; a site reached twice; a child, or the body, ending with an unsettled step; a
//! compensation begun twice; a lost one skipped; a waive that does not end a dead letter; an operator's rollback over
//! an irreversible step in doubt; a deadline processed after what it forbids.
//!
//! Caught by the tables alone: waits not put off by a dead letter; the forward retry count used for the undo; ends of
//! attempts that do not run accepted. Without a difference here: a failure past the point of no return that goes
//! through a stop (it ends in the same state).

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::world::{Node, World};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

const STEPS: [&str; 22] = [
    "comp",
    "comp3",
    "comp_probe",
    "comp_probe3",
    "comp_person",
    "comp_call",
    "comp_call2",
    "comp_probe_person",
    "comp_sure3",
    "irr_sure3",
    "comp_retriable",
    "comp_retriable3",
    "irr",
    "irr3",
    "irr_probe",
    "irr_probe2",
    "irr_person",
    "irr_call",
    "irr_retriable",
    "irr_retriable3",
    "irr_probe_retriable2",
    "comp_probe_call",
];

const DEFERRED: [&str; 4] = ["irr_retriable", "irr_retriable3", "irr_probe_retriable2", "undo2"];

fn step() -> impl Strategy<Value = Node> {
    // Most steps are undoable, or no saga would ever roll back.
    let index = prop_oneof![4 => 0..10_usize, 1 => 10..20_usize];
    (index, any::<bool>()).prop_map(|(i, handled)| Node::Step { step: STEPS[i], handled })
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        8 => step(),
        1 => prop_oneof![Just("read"), Just("read_retriable")].prop_map(|step| Node::Read { step }),
        1 => (0..DEFERRED.len()).prop_map(|i| Node::Defer { step: DEFERRED[i] }),
        1 => (1..500_u16).prop_map(Node::Sleep),
        1 => prop::option::of(1..500_u16).prop_map(Node::Wait),
        1 => prop::option::of(1..500_u16).prop_map(Node::Ask),
    ];
    leaf.prop_recursive(3, 14, 3, |inner| {
        let body = prop::collection::vec(inner, 1..3);
        prop_oneof![
            2 => prop::collection::vec(body.clone(), 2..4).prop_map(Node::All),
            1 => (body, any::<bool>()).prop_map(|(body, handled)| Node::Child { body, handled }),
        ]
    })
}

type Case = (Vec<Node>, Option<u16>, Vec<u16>);

fn cases() -> impl Strategy<Value = Case> {
    let body = prop::collection::vec(node(), 1..5);
    (body, prop::option::weighted(0.2, 1..2000_u16), prop::collection::vec(any::<u16>(), 0..150))
}

/// Runs a case; if it breaks a rule, returns what happened until then.
fn run((body, deadline, draws): Case) -> Result<(), String> {
    let mut world = World::new(body, deadline, draws);
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    ran.map_err(|panic| {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or(panic.downcast_ref::<&str>().map(|m| (*m).to_owned())).unwrap_or_default();
        let last = world.trace.len().saturating_sub(60);
        format!("{}\n{what}", world.trace[last..].join("\n"))
    })
}

#[test]
fn whatever_happens_the_rules_hold_and_it_ends() {
    let cases_max = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let config =
        Config { cases: cases_max, failure_persistence: None, max_shrink_iters: 1000, ..Config::default() };
    let mut runner = TestRunner::new(config);
    // Other tests panic loudly meanwhile.
    let (loud, here) = (std::panic::take_hook(), std::thread::current().id());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() != here {
            loud(panic);
        }
    }));
    let result = runner.run(&cases(), |case| run(case).map_err(|_| TestCaseError::fail("a rule is broken")));
    drop(std::panic::take_hook());
    if let Err(TestError::Fail(_, case)) = result {
        panic!("{case:?}\n{}", run(case.clone()).unwrap_err());
    }
    result.unwrap();
}
