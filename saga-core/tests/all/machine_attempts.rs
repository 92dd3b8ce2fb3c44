//! Every kind of step and every way an attempt ends, while the saga goes forward.

use crate::support::desk::{self, Desk};
use saga_core::machine::Event;
use saga_core::record::Next;
use saga_core::state::Status;
use saga_core::{IdempotencyKey, Phase, Reason, Role};

#[test]
fn a_saga_goes_from_step_to_step_to_its_end() {
    let mut saga = Desk::new();
    saga.phase(Phase::Scheduled).step("hold", "comp").work("hold a1").phase(Phase::Running);
    saga.done("hold")
        .read("look", "read", true)
        .step_done("charge", "irr")
        .step_done("mail", "irr_retriable2");
    saga.returns().phase(Phase::Completed).work("");
    saga.shows("intent hold · done hold · read look · intent charge · done charge · intent mail · done mail · completed");
}

#[test]
fn a_permanent_error_is_not_retried() {
    for step in ["comp3", "irr3", "comp_probe3", "comp_call3"] {
        let mut saga = Desk::new();
        saga.step("a", step).refused("a").shows("intent a · a a1 no → hold · failed a").work("");
    }
}

#[test]
fn s16_a_transient_error_is_retried_as_often_as_the_step_says() {
    for step in ["comp3", "irr3"] {
        let mut saga = Desk::new();
        saga.step("a", step).not_done("a").shows("intent a · a a1 no → again");
        saga.later().not_done("a").later().not_done("a");
        saga.shows("start a a2 · a a2 no → again · start a a3 · a a3 no → hold · failed a");
    }
    let mut saga = Desk::new();
    saga.step("a", "comp").not_done("a").shows("intent a · a a1 no → hold · failed a");
}

#[test]
fn no_attempt_begins_later_than_within_the_first() {
    let mut saga = Desk::new();
    saga.step("a", "comp_within9").at(950).not_done("a").skip();
    // Whatever the jitter, the second is due by 1050; the third cannot be.
    saga.at(1500).not_done_if_running("a");
    assert!(saga.state.step(&"a".into()).unwrap().failure.is_some());
}

#[test]
fn a_service_that_asks_for_time_gets_it() {
    use saga_core::machine::Ending;
    let mut saga = Desk::new();
    saga.step("a", "comp3");
    let retry_after = Some(std::time::Duration::from_secs(7));
    let ending = Ending::NotDone { trouble: desk::error(false), retry_after, conclusive: false };
    saga.take(Event::AttemptEnded { site: "a".into(), role: Role::Do, attempt: 1, ending });
    saga.work("wake 7000").at(6999).work("wake 7000").at(7000).work("a a2");
}

#[test]
fn s03_a_retriable_step_before_the_point_of_no_return_rolls_the_saga_back() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp")
        .step("note", "comp_retriable2")
        .not_done("note")
        .later()
        .skip()
        .not_done("note");
    saga.shows("note a2 no → hold · stop failed note · failed note · back failed note · undo hold");
    saga.undone("hold").shows("undone hold · rolled-back").phase(Phase::RolledBack);
    let mut saga = Desk::new();
    saga.step("mail", "irr_retriable2").refused("mail");
    saga.shows(
        "intent mail · mail a1 no → hold · stop failed mail · failed mail · back failed mail · rolled-back",
    );
}

#[test]
fn a_retriable_step_past_the_point_of_no_return_dead_letters_the_saga() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr")
        .step("mail", "irr_retriable2")
        .not_done("mail")
        .later()
        .skip()
        .not_done("mail");
    saga.shows("mail a2 no → hold · blocked mail RetriesExhausted · dead-lettered")
        .work("")
        .phase(Phase::DeadLettered);
    saga.redrive(None).unwrap();
    saga.shows("redriven · start mail a3").done("mail").returns().shows("done mail · completed");
}

#[test]
fn a_retriable_readonly_step_is_no_exception() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").skip().read("look", "read_retriable", false);
    saga.shows("stop failed look · back failed look · undo hold");
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").skip().read("look", "read_retriable", false);
    saga.shows("body-blocked RetriesExhausted look · dead-lettered");
    saga.redrive(None).unwrap();
    saga.read("look", "read_retriable", true).shows("redriven · read look");
    // The body sees the failure of one that is not retriable.
    let mut saga = Desk::new();
    saga.read("look", "read", false).shows("read look");
}

// ---- in doubt

#[test]
fn in_doubt_a_step_runs_again_under_the_same_key() {
    let mut saga = Desk::new();
    saga.step("a", "comp").timed_out("a").shows("intent a · a a1 doubt → again · start a a2").work("a a2");
    let key = saga.state.key(&"a".into(), Role::Do);
    assert_eq!(key, IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Do, 0));
    saga.done("a").shows("done a");
    assert!(!saga.state.step(&"a".into()).unwrap().doing.doubt);
}

#[test]
fn reruns_are_bounded_by_ten() {
    let mut saga = Desk::new();
    saga.step("a", "comp").timed_out("a");
    for attempt in 2..=11 {
        saga.later().work(&format!("a a{attempt}")).skip().timed_out("a");
    }
    saga.shows("a a11 doubt → hold · blocked a InDoubt · dead-lettered");
}

#[test]
fn s26_s27_doubt_sticks_whatever_a_later_attempt_says() {
    let mut saga = Desk::new();
    saga.step("a", "comp3").timed_out("a").skip().not_done("a").shows("a a2 no → again");
    assert!(saga.state.step(&"a".into()).unwrap().is_in_doubt());
    // A permanent error does not settle it: the first attempt may have landed. It ends the reruns.
    saga.later().refused("a").shows("start a a3 · a a3 no → hold · blocked a InDoubt · dead-lettered");
    assert!(saga.state.step(&"a".into()).unwrap().is_in_doubt());
    assert_eq!(
        saga.state.key(&"a".into(), Role::Do),
        IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Do, 0)
    );
}

#[test]
fn s27_a_probe_finds_that_a_timed_out_call_landed() {
    for step in ["comp_probe", "irr_probe"] {
        let mut saga = Desk::new();
        saga.step("a", step).timed_out("a").shows("intent a · a a1 doubt → probe").work("probe a");
        saga.probe("a", Some(true)).shows("done a (probe)").work("");
    }
}

#[test]
fn s26_a_probe_finds_that_a_timed_out_call_did_not_land() {
    let mut saga = Desk::new();
    saga.step("a", "irr_probe")
        .timed_out("a")
        .skip()
        .probe("a", Some(false))
        .shows("probed a no → hold · failed a");
    // For a step with attempts left this is a transient failure, and the next attempt has a new key.
    let mut saga = Desk::new();
    saga.step("a", "irr_probe2").timed_out("a").skip().probe("a", Some(false)).later();
    saga.shows("probed a no → again · start a a2").work("a a2");
    assert_eq!(
        saga.state.key(&"a".into(), Role::Do),
        IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Do, 1)
    );
    saga.not_done("a").shows("a a2 no → hold · failed a");
}

#[test]
fn a_probe_that_does_not_know_is_asked_ten_times() {
    let mut saga = Desk::new();
    saga.step("a", "irr_probe_person").timed_out("a");
    for _ in 0..9 {
        saga.after(30_000).work("probe a").probe("a", None);
    }
    saga.skip().after(30_000).probe("a", None);
    saga.shows("probed a ? → hold · blocked a InDoubt · dead-lettered");
    // Its own policy applies after the probe.
    let mut saga = Desk::new();
    saga.step("a", "irr_probe").timed_out("a");
    for _ in 0..9 {
        saga.after(30_000).probe("a", None);
    }
    saga.skip().after(30_000).probe("a", None).shows("probed a ? → again · start a a2");
}

#[test]
fn nobody_is_woken_for_a_probe_that_is_being_asked() {
    let mut saga = Desk::new();
    saga.step("a", "irr_probe").timed_out("a").work("probe a").at(5).work("probe a");
}

#[test]
fn a_probe_that_does_not_know_is_asked_again_when_that_is_due() {
    let mut saga = Desk::new();
    saga.step("a", "irr_probe").timed_out("a").probe("a", None);
    let due = match saga.state.step(&"a".into()).unwrap().doing.status {
        Status::Pending(Next::Probe { due }) => due.0,
        ref other => panic!("{other:?}"),
    };
    saga.work(&format!("wake {due}")).at(due - 1).work(&format!("wake {due}")).at(due).work("probe a");
    // A dead letter is not probed.
    saga.crash_times(3).phase(Phase::DeadLettered).work("");
}

#[test]
fn in_doubt_a_person_is_asked_where_the_step_says_so() {
    let mut saga = Desk::new();
    saga.step("a", "irr_person")
        .timed_out("a")
        .shows("intent a · a a1 doubt → hold · blocked a InDoubt · dead-lettered");
    assert_eq!(saga.state.blockers().next().unwrap().reason, Reason::InDoubt);
}

#[test]
fn in_doubt_the_steps_own_call_settles_it() {
    for step in ["comp_call", "irr_call"] {
        let mut saga = Desk::new();
        saga.step("a", step).timed_out("a").shows("intent a · a a1 doubt → hold · settle a").work("~a a1");
        saga.undone("a").shows("undone a · failed a").work("").fails();
        saga.shows("stop failed · back failed · rolled-back");
    }
}

#[test]
fn a_call_that_cannot_settle_it_is_blocked_like_a_compensation() {
    let mut saga = Desk::new();
    saga.step("a", "comp_call").timed_out("a").skip().undo_refused("a");
    saga.shows("~a a1 no → hold · blocked ~a CompensationFailed · dead-lettered");
    saga.redrive(Some("a")).unwrap();
    saga.shows("redriven a · start ~a a2").undone("a").shows("undone a · failed a");
}

// ---- crashes

#[test]
fn after_a_crash_what_ran_is_in_doubt() {
    let mut saga = Desk::new();
    saga.step("a", "comp").crash().shows("intent a · a a1 doubt → again · start a a2").done("a").skip();
    saga.step("b", "irr_probe")
        .crash()
        .shows("intent b · b a1 doubt → probe")
        .crash()
        .shows("")
        .work("probe b");
    saga.probe("b", Some(true)).crash().shows("done b (probe)");
}

#[test]
fn a_crash_before_the_intent_leaves_nothing() {
    let mut saga = Desk::new();
    let journal = saga.journal.clone();
    saga.step("a", "comp");
    saga.journal = journal;
    saga.skip().crash().shows("").work("").phase(Phase::Scheduled);
}

#[test]
fn ends_that_come_twice_or_late_say_nothing() {
    let mut saga = Desk::new();
    saga.step("a", "comp").timed_out("a").skip();
    let late = saga_core::machine::Ending::Done(saga.evaluated("a"));
    saga.take(Event::AttemptEnded { site: "a".into(), role: Role::Do, attempt: 1, ending: late.clone() })
        .shows("");
    saga.done("a").shows("done a");
    saga.take(Event::AttemptEnded { site: "a".into(), role: Role::Do, attempt: 2, ending: late.clone() });
    saga.take(Event::AttemptEnded { site: "a".into(), role: Role::Undo, attempt: 1, ending: late.clone() });
    saga.take(Event::AttemptEnded { site: "b".into(), role: Role::Do, attempt: 1, ending: late });
    saga.probe("a", Some(false)).step("a", "comp").shows("");
}

#[test]
fn a_poison_pill_is_dead_lettered_before_it_kills_again() {
    let mut saga = Desk::new();
    saga.step("a", "comp").crash_times(1).crash_times(2).later().skip().crash_times(3);
    saga.shows("body-blocked PoisonPill · a a3 doubt → again · dead-lettered")
        .work("")
        .at(9999)
        .shows("")
        .work("");
    saga.crash_times(4).shows("");
    saga.redrive(None).unwrap();
    saga.at(10_000).shows("redriven · start a a4").work("a a4").done("a").shows("done a");
    // The same with attempts that would have begun in other ways, and in a rollback.
    let mut saga = Desk::new();
    saga.step("a", "comp_call")
        .skip()
        .crash_times(3)
        .shows("body-blocked PoisonPill · a a1 doubt → hold · dead-lettered");
    saga.redrive(None).unwrap();
    saga.shows("redriven · settle a");
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().skip().crash_times(3);
    saga.shows("body-blocked PoisonPill · ~a a1 doubt → again · dead-lettered")
        .phase(Phase::DeadLettered)
        .work("");
    saga.redrive(None).unwrap();
    saga.at(1).shows("redriven · start ~a a2").undone("a").shows("undone a · rolled-back");
    // It can be cancelled instead.
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("b", "comp").crash_times(3).skip().cancelled();
    saga.shows("stop cancelled · back cancelled").at(1).done("b").shows("start b a2 · done b · undo b");
}

// ---- the body

#[test]
fn s28_a_body_that_panics_rolls_back_before_the_point_of_no_return_and_dead_letters_past_it() {
    use saga_core::machine::BodyEnd;
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").skip().body(BodyEnd::Panicked("x".into()));
    saga.shows("stop panicked · back panicked · undo hold");
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").skip().body(BodyEnd::Unrecordable("b".into(), "x".into()));
    saga.shows("stop unrecordable b · back unrecordable b · undo hold");
    for end in [
        BodyEnd::Panicked("x".into()),
        BodyEnd::Unrecordable("b".into(), "x".into()),
        BodyEnd::Failed(desk::json("no"), "no".into()),
    ] {
        let mut saga = Desk::new();
        saga.step_done("hold", "comp").step_done("charge", "irr").skip().body(end);
        saga.shows("body-blocked FailedPastNoReturn · dead-lettered").work("");
    }
}

#[test]
fn a_blocked_body_dead_letters_the_saga_once_nothing_runs() {
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp2")
        .body_blocked(Reason::BoundExceeded)
        .shows("intent all.0/a · body-blocked BoundExceeded");
    saga.not_done("all.0/a").shows("all.0/a a1 no → again").later().done("all.0/a");
    saga.shows("start all.0/a a2 · done all.0/a · dead-lettered");
    saga.redrive(None).unwrap();
    saga.returns().shows("redriven · completed");
}

#[test]
fn a_body_cannot_end_while_a_step_is_not_settled() {
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp").returns().shows("intent all.0/a · body-blocked Diverged all.0/a");
    saga.done("all.0/a").shows("done all.0/a · dead-lettered");
}

#[test]
fn what_a_body_must_not_reach_halts_it() {
    let mut saga = Desk::new();
    saga.step("a", "undo").shows("body-blocked Diverged a · dead-lettered");
    let mut saga = Desk::new();
    saga.step("a", "unheard-of").shows("body-blocked Diverged a · dead-lettered");
}

#[test]
fn s32_an_output_that_cannot_be_kept_dead_letters_the_saga_and_the_step_never_runs_again() {
    let mut saga = Desk::new();
    saga.step("a", "comp")
        .done_losing_output("a")
        .shows("intent a · done a lost · body-blocked OutputLost a · dead-lettered");
    saga.crash().shows("").work("");
    assert!(saga.redrive(None).is_err() && saga.redrive(Some("a")).is_err());
    saga.resolve("a", Role::Do, true).unwrap();
    saga.shows("resolved a yes · done a (ann)").returns().shows("completed");
    let mut saga = Desk::new();
    saga.step("a", "comp")
        .done_losing_undo("a")
        .shows("intent a · done a lost · body-blocked OutputLost a · dead-lettered");
    saga.resolve("a", Role::Do, true).unwrap();
    saga.fails().shows("resolved a yes · done a (ann) · stop failed · back failed · undo a");
}

#[test]
fn an_output_that_this_build_cannot_read_can_be_given_by_hand() {
    use saga_core::machine::BodyEnd;
    let mut saga = Desk::new();
    saga.step_done("a", "comp").skip().body(BodyEnd::Blocked(
        Reason::Undecodable,
        Some("a".into()),
        "x".into(),
    ));
    saga.shows("body-blocked Undecodable a · dead-lettered").resolve("a", Role::Do, true).unwrap();
    saga.shows("resolved a yes · done a (ann)").returns().shows("completed");
}

#[test]
fn an_input_that_this_build_cannot_read_dead_letters_the_step() {
    let mut saga = Desk::new();
    saga.step("a", "comp").undecodable("a").shows("intent a · blocked a Undecodable · dead-lettered");
    saga.redrive_with("a", "mended").unwrap();
    saga.shows("redriven a mended · start a a2").done("a").shows("done a");
    assert_eq!(saga.state.step(&"a".into()).unwrap().input, desk::json("mended"));
    // It is known not to have happened: a rollback skips it.
    let mut saga = Desk::new();
    saga.step_done("b", "comp").step("a", "irr").undecodable("a").skip().cancelled();
    saga.shows("stop cancelled · failed a · back cancelled · undo b");
}
