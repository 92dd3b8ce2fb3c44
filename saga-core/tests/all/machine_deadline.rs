//! Due times are processed before anything that goes forward. Once the deadline has passed nothing begins any more,
//! even if the machine got no event for it.
//!
//! Mutants seen to fail here: the deadline is not decided in `Turn::push`; what it has stopped is not settled;
//! `is_forward` is false for each of its kinds, one at a time; a dead letter's deadline is not put off by the time as a
//! dead letter; an effect resolved as not happened stays blocked.

use crate::support::desk::Desk;
use saga_core::machine::Event;
use saga_core::state::Direction;
use saga_core::{Phase, Record, Role, Timestamp};

type Part = fn(&mut Desk) -> &mut Desk;

/// Checks that an event after the deadline goes nowhere forward, without a `Due` before it, and that the saga rolls
/// back.
#[track_caller]
fn is_too_late(name: &str, before: Part, event: Part) {
    let mut saga = Desk::with_deadline(Some(50));
    before(&mut saga);
    saga.clone_with(|saga| assert!(goes_forward(saga, 49, event), "{name}: nothing goes forward in time"));
    assert!(
        !goes_forward(&mut saga, 60, event),
        "{name} goes forward after the deadline: {:?}",
        saga.journal
    );
    let is_back = !matches!(saga.state.direction(), Direction::Forward);
    assert!(is_back, "{name} does not turn back: {:?}", saga.journal);
}

fn goes_forward(saga: &mut Desk, now: i64, event: Part) -> bool {
    saga.now = Timestamp(now);
    let from = saga.journal.len();
    event(saga);
    saga.journal[from..].iter().any(|entry| entry.record.is_forward())
}

#[test]
fn nothing_that_the_body_reaches_begins_after_the_deadline() {
    let in_a_child: Part = |saga| saga.step_done("hold", "comp").child("c").step_done("c/hold", "comp");
    let cases: [(&str, Part); 7] = [
        ("a step", |saga| saga.step("c/a", "comp")),
        ("an irreversible step", |saga| saga.step("c/a", "irr")),
        ("a sleep", |saga| saga.sleep("c/a", 9)),
        ("a wait", |saga| saga.wait("c/a", None)),
        ("a question", |saga| saga.ask("c/a", None)),
        ("a child", |saga| saga.child("c/a")),
        ("the end", |saga| saga.child_returns("c").returns()),
    ];
    for (name, reach) in cases {
        is_too_late(name, in_a_child, reach);
    }
}

#[test]
fn no_attempt_begins_after_the_deadline() {
    // The first rerun in doubt begins at once.
    is_too_late("a rerun", |saga| saga.step("a", "comp"), |saga| saga.timed_out("a"));
    let retry_now: Part = |saga| {
        saga.retry_now().unwrap();
        saga
    };
    is_too_late("a retry now", |saga| saga.step("a", "comp3").not_done("a"), retry_now);
}

/// Returns a dead letter past its deadline. The deadline was put off by the time as a dead letter, and has still
/// passed.
fn dead_lettered_past_its_deadline(step: &'static str, trouble: Part) -> Desk {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step_done("hold", "comp").step("a", step);
    saga.now = Timestamp(60);
    trouble(&mut saga);
    saga.skip().phase(Phase::DeadLettered).now = Timestamp(1000);
    saga
}

#[test]
fn what_an_operator_sends_on_after_the_deadline_goes_back() {
    let mut saga = dead_lettered_past_its_deadline("comp_person", |saga| saga.timed_out("a"));
    saga.resolve("a", Role::Do, false).unwrap();
    saga.shows("resolved a no · failed a").step("b", "comp");
    saga.shows("stop deadline · back deadline · undo hold");

    let mut saga = dead_lettered_past_its_deadline("comp3", |saga| saga.undecodable("a"));
    saga.redrive(None).unwrap();
    saga.shows("redriven · stop deadline · failed a · back deadline · undo hold");

    let mut saga = dead_lettered_past_its_deadline("comp_person3", |saga| saga.timed_out("a"));
    saga.resolve("a", Role::Do, false).unwrap();
    saga.shows("resolved a no · stop deadline · failed a · back deadline · undo hold");
}

/// The deadline passes while an irreversible step is in doubt, so the stop waits. Then the step is found to be done,
/// and what was resolved meanwhile continues: no person is asked twice.
#[test]
fn what_was_resolved_when_a_stop_came_goes_on_if_the_stop_comes_to_nothing() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("all.0/a", "comp_person3").step("all.1/charge", "irr_person");
    saga.now = Timestamp(60);
    saga.timed_out("all.0/a").timed_out("all.1/charge").skip().phase(Phase::DeadLettered);
    saga.now = Timestamp(1000);
    saga.resolve("all.0/a", Role::Do, false).unwrap();
    saga.shows("resolved all.0/a no · stop deadline · dead-lettered")
        .resolve("all.1/charge", Role::Do, true)
        .unwrap();
    saga.shows(
        "resolved all.1/charge yes · done all.1/charge (ann) · too-late all.1/charge · overdue · start all.0/a a2",
    );
}

/// An operator resolves a compensation in doubt as not happened, while there is no slot for another: it is queued.
#[test]
fn a_compensation_that_is_resolved_waits_for_room() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").cancelled();
    while saga.state.phase() != Phase::DeadLettered {
        saga.undo_timed_out("hold").later();
    }
    saga.full = true;
    saga.skip().idles = false;
    saga.resolve("hold", Role::Undo, false).unwrap();
    saga.shows("resolved ~hold no").phase(Phase::RollingBack);
    assert!(!saga.state.is_blocked());
    saga.full = false;
    saga.take(Event::Admitted { site: "hold".into() });
    let began = |entry: &saga_core::Entry| matches!(entry.record, Record::Started { role: Role::Undo, .. });
    assert!(saga.journal.last().is_some_and(began), "{:?}", saga.journal.last());
}

/// Settling doubt does not go forward: it begins after the deadline too.
#[test]
fn doubt_is_settled_after_the_deadline() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("a", "comp_probe");
    saga.now = Timestamp(60);
    saga.skip().timed_out("a").shows("a a1 doubt → probe").work("probe a · wake 50");
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("charge", "irr_call");
    saga.now = Timestamp(60);
    saga.skip().timed_out("charge").shows("charge a1 doubt → hold · settle charge");
}
