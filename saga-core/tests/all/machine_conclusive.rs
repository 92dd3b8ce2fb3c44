//! Errors that are conclusive under a key: what they prove, for how long, and what they do not. The steps named `_sure`
//! say that their service remembers a key for a minute.
//!
//! Mutants seen to fail here: the step's word ignored; transient errors taken for conclusive ones; the time ignored, for
//! the error or for the repeat; the doubt kept.

use crate::support::desk::{Desk, call};
use saga_core::{IdempotencyKey, Phase, Role};

const DO: Role = Role::Do;

#[test]
fn a_conclusive_refusal_of_a_repeat_fails_the_step() {
    for step in ["comp_sure", "irr_sure", "comp_sure_retriable"] {
        let mut saga = Desk::new();
        saga.step_done("hold", "comp").step("a", step).timed_out("a").skip().surely("a", DO, true);
        assert!(!saga.state.step(&"a".into()).unwrap().doing.doubt);
        if step.ends_with("retriable") {
            saga.shows("a a2 never → hold · stop failed a · failed a · back failed a · undo hold");
        } else {
            saga.shows("a a2 never → hold · failed a").fails();
            saga.shows("stop failed · back failed · undo hold");
        }
        saga.undone("hold").shows("undone hold · rolled-back").phase(Phase::RolledBack);
    }
}

#[test]
fn only_a_step_that_says_so_has_conclusive_errors() {
    let mut saga = Desk::new();
    saga.step("a", "comp").timed_out("a").skip().surely("a", DO, true);
    saga.shows("a a2 no → hold · blocked a InDoubt · dead-lettered");
    // And only errors that say so: the password is wrong today, and was right at the first attempt.
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").timed_out("a").skip().refused("a");
    saga.shows("a a2 no → hold · blocked a InDoubt · dead-lettered");
}

#[test]
fn what_may_go_away_proves_nothing() {
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").timed_out("a").skip().surely("a", DO, false).shows("a a2 no → again");
    assert!(saga.state.step(&"a".into()).unwrap().is_in_doubt());
    saga.later().timed_out("a").later().crash().later().skip().surely("a", DO, true);
    saga.shows("a a5 never → hold · failed a");
}

#[test]
fn without_doubt_there_is_nothing_to_conclude() {
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").surely("a", DO, true).shows("intent a · a a1 no → hold · failed a");
}

#[test]
fn what_the_service_may_have_forgotten_proves_nothing_and_is_not_repeated() {
    // The answer comes a moment too late.
    for (now, shown) in [
        (60_000, "a a2 never → hold · failed a"),
        (60_001, "a a2 no → hold · blocked a InDoubt · dead-lettered"),
    ] {
        let mut saga = Desk::new();
        saga.step("a", "irr_sure").timed_out("a").skip().at(now).surely("a", DO, true).shows(shown);
    }
    // No worker was there.
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").skip().after(60_001).crash();
    saga.shows("a a1 doubt → hold · blocked a InDoubt · dead-lettered");
    assert_eq!(
        saga.state.blockers().next().unwrap().detail,
        "interrupted: the process died or lost its lease; in doubt for longer than the service remembers its key"
    );
    // Nor does an operator's redrive repeat it. That it did not happen begins another key, and another time.
    saga.redrive(Some("a")).unwrap();
    saga.shows("redriven a · blocked a InDoubt · dead-lettered");
    saga.resolve("a", DO, false).unwrap();
    let mut again = saga.clone();
    saga.shows("resolved a no · failed a");
    assert_eq!(
        again.state.key(&"a".into(), DO),
        IdempotencyKey::of(None, again.state.id(), &"a".into(), DO, 1)
    );
    again.skip();
    // The repeat was due in time, and then no worker was there.
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").timed_out("a").timed_out("a").skip();
    saga.after(60_001).shows("blocked a InDoubt · dead-lettered");
}

#[test]
fn a_probe_is_asked_first_and_after_the_time_as_well() {
    let mut saga = Desk::new();
    saga.step("a", "irr_sure_probe").skip().after(60_001).crash().shows("a a1 doubt → probe").work("probe a");
    saga.probe("a", Some(true)).shows("done a (probe)");
}

#[test]
fn in_a_rollback_it_settles_what_is_in_doubt() {
    let mut saga = Desk::new();
    saga.step("a", "comp_sure").cancelled().timed_out("a").later().skip();
    saga.surely("a", DO, true).shows("a a2 never → hold · failed a · rolled-back");
}

#[test]
fn a_compensation_that_is_conclusively_refused_is_redriven_under_a_new_key() {
    for (undo, generation) in [("undo_sure2", 1), ("undo2", 0)] {
        let mut saga = Desk::new();
        saga.undo = Some(Ok(call(undo)));
        saga.step_done("a", "comp").fails().undo_timed_out("a").skip().surely("a", Role::Undo, true);
        saga.redrive(Some("a")).unwrap();
        let key = saga.state.key(&"a".into(), Role::Undo);
        assert_eq!(
            key,
            IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Undo, generation),
            "{undo}"
        );
    }
    // It is not repeated when the service may have forgotten the key, unless an operator says so.
    let mut saga = Desk::new();
    saga.undo = Some(Ok(call("undo_sure2")));
    saga.step_done("a", "comp").fails().skip().after(60_001).crash();
    saga.shows("~a a1 doubt → hold · blocked ~a CompensationFailed · dead-lettered");
    saga.redrive(Some("a")).unwrap();
    saga.shows("redriven a · start ~a a2");
}
