//! Compensations: their order, what blocks them, and what is left.

use crate::support::desk::{self, Desk, UNDO, call};
use saga_core::machine::{BodyEnd, Refusal};
use saga_core::{IdempotencyKey, Left, Phase, Reason, Residue, Role, Rollback, SitePath, Undone, WhyLeft};

fn plan(saga: &Desk) -> Vec<String> {
    saga.state.undo_plan().entries.iter().map(|e| e.site.to_string()).collect()
}

#[test]
fn s34_compensations_run_in_strict_reverse_one_after_the_other() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp")
        .step_done("b", "comp")
        .read("look", "read", true)
        .step_done("c", "comp")
        .skip();
    assert_eq!(plan(&saga), ["c", "b", "a"]);
    saga.fails().shows("stop failed · back failed · undo c").undone("c").shows("undone c · undo b");
    saga.undone("b").shows("undone b · undo a").undone("a").shows("undone a · rolled-back");
    assert_eq!(saga.state.rollback(), Rollback::Complete { residue: vec![] });
    assert_eq!(saga.cancel(), Err(Refusal::Ended { phase: Phase::RolledBack }));
}

#[test]
fn s04_a_step_that_failed_is_not_undone() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("b", "comp").refused("b").skip().fails();
    saga.shows("stop failed · back failed · undo a").undone("a").shows("undone a · rolled-back");
}

#[test]
fn branches_are_undone_independently_and_before_what_came_before_them() {
    let mut saga = Desk::new();
    saga.step_done("first", "comp").step("all.0/a", "comp").step("all.1/x", "comp").done("all.0/a");
    saga.step_done("all.0/b", "comp").done("all.1/x").step_done("last", "comp").skip().fails();
    saga.shows("stop failed · back failed · undo last").undone("last");
    saga.shows("undone last · undo all.0/b · undo all.1/x")
        .undone("all.0/b")
        .shows("undone all.0/b · undo all.0/a");
    saga.undone("all.0/a").shows("undone all.0/a").undone("all.1/x").shows("undone all.1/x · undo first");
}

#[test]
fn turns_of_a_loop_and_repeated_forks_follow_each_other() {
    let mut saga = Desk::new();
    saga.step_done("all[0].0/a", "comp").step_done("all[0].1/a", "comp").step_done("all[1].0/a", "comp");
    saga.step_done("all#2.0/a", "comp").skip().fails().shows("stop failed · back failed · undo all#2.0/a");
    saga.undone("all#2.0/a").shows("undone all#2.0/a · undo all[1].0/a").undone("all[1].0/a");
    saga.shows("undone all[1].0/a · undo all[0].1/a · undo all[0].0/a");
}

#[test]
fn nested_branches() {
    let mut saga = Desk::new();
    saga.step_done("all.0/all.0/a", "comp").step_done("all.0/all.1/b", "comp").step_done("all.0/c", "comp");
    saga.step_done("all.1/d", "comp").skip().fails();
    saga.shows("stop failed · back failed · undo all.1/d · undo all.0/c").undone("all.0/c");
    saga.shows("undone all.0/c · undo all.0/all.1/b · undo all.0/all.0/a");
}

#[test]
fn s05_s34_a_blocked_compensation_holds_what_came_before_it_and_nothing_else() {
    let mut saga = Desk::new();
    saga.step_done("first", "comp").step_done("all.0/a", "comp").step_done("all.0/b", "comp");
    saga.step_done("all.1/x", "comp").step_done("all.1/y", "comp").fails().skip();
    saga.undo_refused("all.0/b").shows("~all.0/b a1 no → hold · blocked ~all.0/b CompensationFailed");
    saga.undone("all.1/y")
        .shows("undone all.1/y · undo all.1/x")
        .undone("all.1/x")
        .shows("undone all.1/x · dead-lettered");
    // s06, s07: nothing is lost, and the saga is not reported as clean.
    assert_eq!(plan(&saga), ["all.0/b", "all.0/a", "first"]);
    let left = |site: &str, why| Left { site: site.into(), step: "comp".into(), why };
    let blocked = WhyLeft::Blocked(Reason::CompensationFailed);
    let Rollback::Partial { left: lefts, .. } = saga.state.rollback() else { panic!("not clean") };
    assert_eq!(
        lefts,
        [left("first", WhyLeft::Owed), left("all.0/a", WhyLeft::Owed), left("all.0/b", blocked)]
    );
    saga.redrive(None).unwrap();
    saga.shows("redriven · start ~all.0/b a2").undone("all.0/b").undone("all.0/a").undone("first");
    saga.shows("undone all.0/b · undo all.0/a · undone all.0/a · undo first · undone first · rolled-back");
}

#[test]
fn s16_a_compensation_has_its_own_retries() {
    let mut saga = Desk::new();
    saga.step("a", "comp5").not_done("a").later().not_done("a").later().done("a").fails().skip();
    saga.undo_not_done("a").shows("~a a1 no → again").later().undo_not_done("a");
    saga.shows("start ~a a2 · ~a a2 no → hold · blocked ~a CompensationFailed · dead-lettered");
}

#[test]
fn s08_a_compensation_that_fails_does_not_begin_the_rollback_again() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().undo_refused("a").skip().fails().body(BodyEnd::Panicked("x".into()));
    saga.cancelled().crash().later().shows("").work("");
}

#[test]
fn s09_a_compensation_that_this_build_does_not_know_is_dead_lettered() {
    let mut saga = Desk::new();
    saga.undo = Some(Ok(call("gone")));
    saga.step_done("a", "comp")
        .skip()
        .fails()
        .shows("stop failed · back failed · blocked ~a Diverged · dead-lettered");
    // It is redriven by a build that does not know it either.
    saga.redrive(None).unwrap();
    saga.shows("redriven · blocked ~a Diverged · dead-lettered").resolve("a", Role::Undo, true).unwrap();
    saga.shows("resolved ~a yes · undone a (ann) · rolled-back");
}

#[test]
fn s05_a_compensation_that_was_lost_is_dead_lettered_and_can_be_given() {
    let mut saga = Desk::new();
    saga.step("a", "comp").cancelled().skip().done_losing_undo("a");
    saga.shows(
        "done a lost · body-blocked OutputLost a · back cancelled · blocked ~a OutputLost · dead-lettered",
    );
    assert_eq!(saga.redrive(None), Err(Refusal::OutputLost { site: "a".into() }));
    saga.clone_with(|saga| {
        saga.waive("a").unwrap();
        saga.shows("waived a · rolled-back");
    });
    saga.clone_with(|saga| {
        saga.resolve("a", Role::Undo, true).unwrap();
        saga.shows("resolved ~a yes · undone a (ann) · rolled-back");
    });
    saga.resolve("a", Role::Do, true).unwrap();
    saga.shows("resolved a yes · done a (ann) · undo a");
    // A rollback needs no output.
    let mut saga = Desk::new();
    saga.step("a", "comp").cancelled().skip().done_losing_output("a");
    saga.shows("done a lost · body-blocked OutputLost a · back cancelled · undo a");
}

#[test]
fn a_compensation_in_doubt_runs_again_under_its_key_and_not_for_ever() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().skip().undo_timed_out("a").shows("~a a1 doubt → again · start ~a a2");
    let key = |generation| {
        IdempotencyKey::of(None, &"saga-1".parse().unwrap(), &"a".into(), Role::Undo, generation)
    };
    assert_eq!(saga.state.key(&"a".into(), Role::Undo), key(0));
    for _ in 0..9 {
        saga.undo_timed_out("a").later();
    }
    saga.skip()
        .undo_timed_out("a")
        .shows("~a a11 doubt → hold · blocked ~a CompensationFailed · dead-lettered");
    saga.clone_with(|saga| {
        // In doubt the key stays.
        saga.redrive(None).unwrap();
        saga.shows("redriven · start ~a a12");
        assert_eq!(saga.state.key(&"a".into(), Role::Undo), key(0));
    });
    // Known not to have happened, it gets a new key.
    saga.resolve("a", Role::Undo, false).unwrap();
    saga.shows("resolved ~a no · start ~a a12");
    assert_eq!(saga.state.key(&"a".into(), Role::Undo), key(1));
}

/// A failed compensation is retried as often as its step says, whatever doubt an earlier attempt left.
#[test]
fn a_compensation_in_doubt_whose_retry_fails_has_its_own_retries() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().skip().undo_timed_out("a").skip();
    saga.undo_not_done("a").shows("~a a2 no → again").later().skip();
    saga.undo_not_done("a").shows("~a a3 no → hold · blocked ~a CompensationFailed · dead-lettered");
}

#[test]
fn s24_after_a_crash_the_rollback_goes_on() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step_done("b", "comp").fails().undone("b").skip().crash();
    saga.shows("~a a1 doubt → again · start ~a a2").step("c", "comp").returns().undone("a").crash();
    saga.shows("undone a · rolled-back");
}

#[test]
fn s02_a_step_in_flight_when_the_body_fails_is_awaited_and_undone() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("all.0/b", "comp").skip().fails().shows("stop failed");
    saga.done("all.0/b").shows("done all.0/b · back failed · undo all.0/b");
}

#[test]
fn a_step_in_doubt_holds_up_what_came_before_it() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("b", "comp_person").timed_out("b").roll_back().unwrap();
    saga.skip().work("").phase(Phase::DeadLettered);
    assert_eq!(plan(&saga), ["b", "a"]);
    saga.clone_with(|saga| {
        saga.resolve("b", Role::Do, true).unwrap();
        saga.shows("resolved b yes · done b (ann) · undo b");
    });
    saga.clone_with(|saga| {
        saga.resolve("b", Role::Do, false).unwrap();
        saga.shows("resolved b no · failed b · undo a");
    });
    // Waived in doubt, it is skipped, and listed.
    saga.waive("b").unwrap();
    saga.shows("waived b · undo a").undone("a").shows("undone a · rolled-back");
    let why = WhyLeft::Waived(desk::by());
    let left = vec![Left { site: "b".into(), step: "comp_person".into(), why }];
    assert_eq!(saga.state.rollback(), Rollback::Partial { left, residue: vec![] });
}

#[test]
fn what_a_compensation_leaves_behind_is_told() {
    let mut saga = Desk::new();
    let leaves = Some("a fee".to_owned());
    saga.undo = Some(Ok(saga_core::record::Call { leaves: leaves.clone(), ..call(UNDO) }));
    saga.step_done("a", "comp");
    assert_eq!(saga.state.undo_plan().entries[0].leaves, leaves);
    saga.fails().undone("a");
    let residue = vec![Residue { site: "a".into(), what: "a fee".to_owned() }];
    assert_eq!(saga.state.rollback(), Rollback::Complete { residue });
}

// ---- children

#[test]
fn a_child_that_fails_is_undone_as_a_unit_before_its_parent_sees_it() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").child("c").step_done("c/x", "comp").step_done("c/y", "comp").skip();
    saga.child_fails("c").shows("child-fails c · undo c/y").undone("c/y").shows("undone c/y · undo c/x");
    saga.crash().shows("~c/x a1 doubt → again · start ~c/x a2").undone("c/x");
    saga.shows("undone c/x · child-ends c undone").phase(Phase::Running);
    saga.step_done("d", "comp").fails().shows("intent d · done d · stop failed · back failed · undo d");
    saga.undone("d").undone("a").shows("undone d · undo a · undone a · rolled-back");
}

#[test]
fn a_child_that_did_nothing_ends_at_once() {
    let mut saga = Desk::new();
    saga.child("c").child_fails("c").shows("child c · child-fails c · child-ends c undone");
    saga.child_fails("c").child_returns("c").shows("");
}

#[test]
fn a_child_that_ended_well_is_undone_with_its_parent() {
    let mut saga = Desk::new();
    saga.child("c").step_done("c/x", "comp").child_returns("c").step_done("a", "comp").skip().fails();
    saga.shows("stop failed · back failed · undo a").undone("a").shows("undone a · undo c/x");
}

#[test]
fn nested_children() {
    let mut saga = Desk::new();
    saga.child("c")
        .step_done("c/x", "comp")
        .child("c/d")
        .step_done("c/d/y", "comp")
        .skip()
        .child_fails("c/d");
    saga.shows("child-fails c/d · undo c/d/y").undone("c/d/y").shows("undone c/d/y · child-ends c/d undone");
    saga.child_fails("c").shows("child-fails c · undo c/x");
}

#[test]
fn children_in_branches_are_undone_while_their_siblings_run() {
    let mut saga = Desk::new();
    saga.child("all.0/c")
        .step_done("all.0/c/x", "comp")
        .step("all.1/y", "comp")
        .skip()
        .child_fails("all.0/c");
    saga.shows("child-fails all.0/c · undo all.0/c/x").work("~all.0/c/x a1 · all.1/y a1");
    // A cancel meanwhile: the sibling is awaited, then everything is undone as one.
    saga.cancelled().shows("stop cancelled").done("all.1/y");
    saga.shows("done all.1/y · back cancelled · undo all.1/y").undone("all.0/c/x").undone("all.1/y");
    saga.shows("undone all.0/c/x · undone all.1/y · rolled-back").phase(Phase::RolledBack);
}

#[test]
fn a_child_that_fails_past_its_own_point_of_no_return_dead_letters() {
    let mut saga = Desk::new();
    saga.child("c").step_done("c/charge", "irr").skip().child_fails("c");
    saga.shows("body-blocked FailedPastNoReturn c · dead-lettered");
    // Past the parent's point of no return, the child's own effects can still be undone.
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").child("c").step_done("c/x", "comp").skip().child_fails("c");
    saga.shows("child-fails c · undo c/x").undone("c/x").shows("undone c/x · child-ends c undone");
}

#[test]
fn a_child_cannot_end_while_a_step_in_it_is_not_settled() {
    let mut saga = Desk::new();
    saga.child("c").step("c/all.0/x", "irr").skip().child_fails("c").shows("body-blocked Diverged c/all.0/x");
    saga.done("c/all.0/x").shows("done c/all.0/x · dead-lettered");
}

#[test]
fn a_blocked_compensation_of_a_child_can_be_waived_or_rolled_back_with_the_rest() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp")
        .child("c")
        .step_done("c/x", "comp")
        .child_fails("c")
        .skip()
        .undo_refused("c/x");
    saga.shows("~c/x a1 no → hold · blocked ~c/x CompensationFailed · dead-lettered");
    assert!(saga.waive("a").is_err(), "the parent goes forward");
    saga.clone_with(|saga| {
        saga.waive("c/x").unwrap();
        saga.shows("waived c/x · child-ends c undone");
    });
    saga.roll_back().unwrap();
    saga.shows("back ordered · dead-lettered").redrive(None).unwrap();
    saga.shows("redriven · start ~c/x a2").undone("c/x").shows("undone c/x · undo a");
}

// ---- undoing what was completed

fn completed() -> Desk {
    let mut saga = Desk::new();
    saga.step_done("a", "comp")
        .step_done("all.0/b", "comp")
        .step_done("all.1/c", "comp")
        .step_done("d", "comp");
    saga.returns().skip();
    saga
}

#[test]
fn a_completed_saga_is_undone_as_a_whole() {
    let mut saga = completed();
    saga.undo_from(None).unwrap();
    saga.shows("undo-starts a,all.0/b,all.1/c,d · undo d").phase(Phase::RollingBack);
    assert_eq!(saga.state.undone(), Undone::None);
    assert_eq!(saga.undo_from(None), Err(Refusal::NotCompleted { phase: Phase::RollingBack }));
    saga.undone("d").undone("all.0/b").undone("all.1/c").skip().undone("a").shows("undone a · undo-ends");
    saga.phase(Phase::Completed);
    assert_eq!(saga.state.undone(), Undone::Whole);
    // s15: nothing is undone twice.
    assert_eq!(saga.undo_from(None), Err(Refusal::NothingToUndo { site: None }));
    assert_eq!(saga.state.undoable(), saga_core::Undoable::No);
}

#[test]
fn in_part_it_is_undone_from_a_step_on_with_all_that_came_after_it() {
    let mut saga = completed();
    saga.undo_from(Some("all.0/b")).unwrap();
    saga.shows("undo-starts all.0/b,d · undo d").undone("d").undone("all.0/b");
    saga.shows("undone d · undo all.0/b · undone all.0/b · undo-ends");
    assert_eq!(saga.state.undone(), Undone::Partial);
    saga.undo_from(Some("d")).unwrap_err();
    saga.undo_from(None).unwrap();
    saga.shows("undo-starts a,all.1/c · undo all.1/c").undone("all.1/c").undone("a").skip();
    assert_eq!(saga.state.undone(), Undone::Whole);
}

#[test]
fn a_child_is_undone_from_its_first_step_on() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").child("c").step_done("c/x", "comp").child_returns("c").step_done("b", "comp");
    saga.returns().skip().undo_from(Some("c")).unwrap();
    saga.shows("undo-starts c/x,b · undo b");
}

#[test]
fn what_failed_within_a_completed_saga_is_not_counted_as_undone_since() {
    let mut saga = Desk::new();
    saga.child("c").step_done("c/x", "comp").child_fails("c").undone("c/x").step_done("a", "comp").returns();
    assert_eq!(saga.state.undone(), Undone::None);
    saga.undo_from(None).unwrap();
    saga.undone("a");
    assert_eq!(saga.state.undone(), Undone::Whole);
}

#[test]
fn an_irreversible_step_that_was_not_done_keeps_nothing_from_being_undone() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("charge", "irr").refused("charge").returns().phase(Phase::Completed);
    assert_eq!(saga.undo_from(None), Ok(()));
    saga.undone("a").phase(Phase::Completed);
    assert_eq!(saga.state.undone(), saga_core::Undone::Whole);
}

#[test]
fn what_is_irreversible_or_whose_window_has_closed_is_not_undone() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step_done("charge", "irr").step_done("b", "comp").returns();
    assert_eq!(saga.undo_from(None), Err(Refusal::Irreversible { site: "charge".into() }));
    assert_eq!(saga.undo_from(Some("a")), Err(Refusal::Irreversible { site: "charge".into() }));
    assert_eq!(saga.state.undo_plan().irreversible, [SitePath::from("charge")]);
    saga.undo_from(Some("b")).unwrap();
    let mut saga = Desk::new();
    let until = saga_core::Timestamp(50);
    saga.undo = Some(Ok(saga_core::record::Call { until: Some(until), ..call(UNDO) }));
    saga.step_done("a", "comp").returns();
    assert_eq!(saga.state.undoable(), saga_core::Undoable::Until(until));
    saga.at(51);
    let (site, until) = ("a".into(), saga_core::Timestamp(50));
    assert_eq!(saga.undo_from(None), Err(Refusal::WindowClosed { site, until }));
}

#[test]
fn an_undo_that_is_blocked_is_dead_lettered_and_its_outcome_stays_when_it_is_abandoned() {
    let mut saga = completed();
    saga.undo_from(None).unwrap();
    saga.undone("d").skip().undo_refused("all.1/c").undone("all.0/b");
    saga.shows(
        "~all.1/c a1 no → hold · blocked ~all.1/c CompensationFailed · undone all.0/b · dead-lettered",
    );
    saga.phase(Phase::DeadLettered).abandon().unwrap();
    saga.shows("abandoned").phase(Phase::Completed).work("");
    assert_eq!(saga.state.undone(), Undone::Partial);
    // It can be requested again.
    saga.undo_from(None).unwrap();
    saga.shows("undo-starts a,all.1/c · start ~all.1/c a2").undone("all.1/c").undone("a");
    saga.shows("undone all.1/c · undo a · undone a · undo-ends");
}

#[test]
fn an_undo_survives_crashes_and_can_be_waived() {
    let mut saga = completed();
    saga.undo_from(Some("d")).unwrap();
    saga.skip().crash().shows("~d a1 doubt → again · start ~d a2").undo_refused("d").skip();
    assert!(saga.waive("a").is_err(), "it is not being undone");
    saga.waive("d").unwrap();
    saga.shows("waived d · undo-ends").phase(Phase::Completed);
    assert_eq!(saga.state.undone(), Undone::None);
}
