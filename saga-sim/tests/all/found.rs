//! What the simulation has found: cases, as small as it made them, that once broke a rule.
//!
//! Each was seen to fail before its bug was mended: a creation that was on its way to the store when the lease was lost
//! was written under the worker's next number, never driven, and never claimed (`an_evicted_worker_…`); an irreversible
//! step that one branch reached in the very poll in which another panicked was begun after the stop
//! (`a_panic_beside_…`); a saga in quarantine that was lost was resumed again at once, without end
//! (`a_quarantined_saga_…`); a readonly step that a stop had cut short was not run again when the stop had no effect,
//! and the saga waited for ever (`a_read_…`); a claim that got no answer was not resumed, because the saga's last
//! driver had not yet released it (`a_claim_…`); a compensation that came due in a shutdown, beside an attempt that was
//! still running, was asked for over and over (`a_retry_…`).

use saga_sim::{
    Act, Case, Deed, Event, Fate, Fates, Kind, Op, Plan, Program, Report, Trouble, What, When, run,
};

fn step(step: Kind) -> Op {
    Op::Step(Deed { step, handled: true, fates: Fates::default() })
}

fn plays(ops: Vec<Op>, events: Vec<Event>) -> Report {
    let plan = Plan { program: Program { ops }, urgent: false, at_ms: 0 };
    run(&Case { seed: 1, workers: 1, sagas: vec![plan], events, compensations_max: 32 }, None)
}

#[test]
fn an_evicted_worker_forgets_no_saga_that_it_creates() {
    let evicted = Event { when: When::At(0), what: What::Evict(0) };
    assert_eq!(plays(vec![step(Kind::Reserve)], vec![evicted]).wrongs, []);
}

#[test]
fn a_quarantined_saga_that_is_lost_over_and_over_is_left_alone_for_a_while() {
    let evicted = |write| Event { when: When::Write(write), what: What::Evict(0) };
    let stale = Event { when: When::At(0), what: What::Store(0, Trouble::Stale, 4000) };
    let ops = vec![step(Kind::Hold), step(Kind::Hold), step(Kind::Hold), step(Kind::Book)];
    for second in 2..6 {
        let events = vec![evicted(1), evicted(second), stale.clone()];
        assert_eq!(plays(ops.clone(), events).wrongs, [], "{second}");
    }
}

#[test]
fn a_panic_beside_an_irreversible_step_comes_before_it() {
    let child = Op::Child { program: Program { ops: vec![Op::Panic] }, handled: true };
    let both = Op::All { branches: vec![step(Kind::Charge), child], limit: 2, handled: true };
    let report = plays(vec![both], Vec::new());
    assert_eq!(report.wrongs, []);
    assert!(!report.story.contains("charge do charge"), "{}", report.story);
}

/// The read beside it and its own first attempt end in one turn: the next attempt is decided on, and then the panic.
#[test]
fn a_panic_beside_an_irreversible_step_in_doubt_comes_before_its_next_attempt() {
    let child = Op::Child { program: Program { ops: vec![step(Kind::Look), Op::Panic] }, handled: true };
    let fates = Fates { go: vec![Fate::PanicLanded], ..Fates::default() };
    let mail = Op::Step(Deed { step: Kind::Mail, handled: true, fates });
    let both = Op::All { branches: vec![child, mail], limit: 8, handled: true };
    let report = plays(vec![both], Vec::new());
    assert_eq!(report.wrongs, []);
    assert!(report.story.contains("NotBegun"), "nothing was called off:\n{}", report.story);
    // A person is told of the panic that left the doubt, and that of the body keeps its name after a redrive.
    let told = "panicked: sim: a step panics after it has landed; not begun: the saga had stopped, or its time was over";
    assert!(report.story.contains(told), "{}", report.story);
    assert!(!report.story.contains("Diverged"), "{}", report.story);
}

#[test]
fn a_read_that_a_stop_cut_short_is_run_again_when_the_stop_comes_to_nothing() {
    let late = |step, ms| {
        let fates = Fates { go: vec![Fate::Late(ms)], ..Fates::default() };
        Op::Step(Deed { step, handled: true, fates })
    };
    let both =
        Op::All { branches: vec![late(Kind::Peek, 22), late(Kind::Charge, 0)], limit: 2, handled: true };
    let plan = Plan { program: Program { ops: vec![both] }, urgent: true, at_ms: 0 };
    let case = Case { seed: 1, workers: 1, sagas: vec![plan], events: Vec::new(), compensations_max: 32 };
    let report = run(&case, None);
    assert_eq!(report.wrongs, []);
    assert!(report.story.contains("TooLate"), "the stop does not come to nothing:\n{}", report.story);
}

#[test]
fn a_claim_of_which_nobody_was_told_is_taken_up_when_the_driver_before_has_let_go() {
    let plan = |ops, at_ms| Plan { program: Program { ops }, urgent: false, at_ms };
    let ask = |within_ms, handled| Op::Approve { within_ms, handled };
    let child = Program { ops: vec![step(Kind::Set), step(Kind::Rent), Op::Fail] };
    let keep = Fates { go: vec![Fate::Panic], ..Fates::default() };
    let busy = vec![
        Op::Sleep(13),
        ask(Some(47), true),
        Op::Child { program: child, handled: true },
        step(Kind::Reserve),
        step(Kind::Hold),
        Op::Step(Deed { step: Kind::Keep, handled: true, fates: keep }),
    ];
    let sagas = vec![
        plan(vec![], 0),
        plan(vec![], 0),
        plan(vec![], 0),
        plan(vec![ask(None, false)], 85),
        plan(busy, 0),
    ];
    let events = vec![
        Event { when: When::Write(19), what: What::Act(3, Act::Redrive) },
        Event { when: When::Write(13), what: What::Evict(0) },
        Event { when: When::At(47), what: What::Store(1, Trouble::AnswerLost, 802) },
    ];
    let case = Case { seed: 143_230, workers: 2, sagas, events, compensations_max: 32 };
    assert_eq!(run(&case, None).wrongs, []);
}

#[test]
fn a_retry_of_a_compensation_that_comes_due_in_a_shutdown_is_left_to_the_next_worker() {
    let undone =
        |undo| Op::Step(Deed { step: Kind::Hold, handled: false, fates: Fates { undo, ..Fates::default() } });
    let both = Op::All {
        branches: vec![undone(vec![Fate::Transient]), undone(vec![Fate::Slow(5000)])],
        limit: 2,
        handled: false,
    };
    let plan = Plan { program: Program { ops: vec![both, Op::Fail] }, urgent: false, at_ms: 0 };
    let events = vec![Event { when: When::At(25), what: What::Shutdown(0, 10) }];
    let case = Case { seed: 1, workers: 1, sagas: vec![plan], events, compensations_max: 32 };
    let report = run(&case, None);
    assert_eq!(report.wrongs, []);
    let retried = report.story.contains("Started { site: all.0/hold, role: Undo, attempt: 2 }");
    assert!(retried, "nothing was to be tried again:\n{}", report.story);
}
