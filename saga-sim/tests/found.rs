//! What the simulation has found: cases, as small as it made them, that once broke a rule.
//!
//! Each was seen to fail before its bug was mended: a creation that was on its way to the store when the lease was lost was
//! written under the worker's next number, driven by nobody, and never claimed (`an_evicted_worker_…`); an irreversible
//! step that one branch reached in the very poll in which another panicked was begun after the stop (`a_panic_beside_…`).

use saga_sim::{Case, Deed, Event, Fates, Kind, Op, Plan, Program, Report, What, When, run};

fn step(step: Kind) -> Op {
    Op::Step(Deed { step, handled: true, fates: Fates::default() })
}

fn plays(ops: Vec<Op>, events: Vec<Event>) -> Report {
    let plan = Plan { program: Program { ops }, urgent: false, at_ms: 0 };
    run(&Case { seed: 1, workers: 1, sagas: vec![plan], events }, None)
}

#[test]
fn an_evicted_worker_forgets_no_saga_that_it_creates() {
    let evicted = Event { when: When::At(0), what: What::Evict(0) };
    assert_eq!(plays(vec![step(Kind::Reserve)], vec![evicted]).wrongs, []);
}

#[test]
fn a_panic_beside_an_irreversible_step_comes_before_it() {
    let child = Op::Child { program: Program { ops: vec![Op::Panic] }, handled: true };
    let both = Op::All { branches: vec![step(Kind::Charge), child], limit: 2, handled: true };
    let report = plays(vec![both], Vec::new());
    assert_eq!(report.wrongs, []);
    assert!(!report.story.contains("charge do charge"), "{}", report.story);
}
