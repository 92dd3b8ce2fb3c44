//! The acts of an operator, in every phase.

use crate::support::desk::{self, Desk};
use saga_core::machine::{Event, Refusal};
use saga_core::{DeadLetter, IdempotencyKey, Phase, Reason, Role, Rollback};

/// Checks that every act for dead letters is refused in another phase.
fn assert_refused(saga: &mut Desk, phase: Phase) {
    saga.phase(phase).skip();
    let refused = Err(Refusal::NotDeadLettered { phase });
    assert_eq!(saga.redrive(None), refused);
    assert_eq!(saga.redrive_with("a", "x"), refused);
    assert_eq!(saga.resolve("a", Role::Do, true), refused);
    assert_eq!(saga.resolve("a", Role::Undo, false), refused);
    assert_eq!(saga.waive("a"), refused);
    assert_eq!(saga.roll_back(), refused);
    assert_eq!(saga.abandon(), refused);
    saga.shows("");
}

#[test]
fn acts_on_dead_letters_are_refused_everywhere_else() {
    assert_refused(&mut Desk::new(), Phase::Scheduled);
    assert_refused(Desk::new().step("a", "comp"), Phase::Running);
    assert_refused(Desk::new().step("a", "comp3").not_done("a"), Phase::Waiting);
    assert_refused(Desk::new().step_done("a", "comp").fails(), Phase::RollingBack);
    assert_refused(Desk::new().step_done("a", "comp").fails().undone("a"), Phase::RolledBack);
    assert_refused(Desk::new().step_done("a", "comp").returns(), Phase::Completed);
    let mut saga = Desk::new();
    saga.step("a", "comp_person").timed_out("a").abandon().unwrap();
    assert_refused(&mut saga, Phase::Abandoned);
}

#[test]
fn an_ended_saga_takes_nothing() {
    for mut saga in [Desk::new().returns().clone(), Desk::new().cancelled().clone(), {
        let mut saga = Desk::new();
        saga.step("a", "comp_person").timed_out("a").abandon().unwrap();
        saga
    }] {
        let phase = saga.state.phase();
        let ended = Err(Refusal::Ended { phase });
        assert_eq!(saga.cancel(), ended);
        assert_eq!(saga.signal("s", "paid"), ended);
        assert_eq!(saga.answer(None, true), ended);
        assert_eq!(saga.retry_now(), ended);
        saga.skip()
            .crash()
            .later()
            .step("b", "comp")
            .read("c", "read", true)
            .returns()
            .fails()
            .shows("")
            .work("");
    }
}

#[test]
fn a_redrive_gives_fresh_attempts_and_a_fresh_key() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr")
        .step("mail", "irr_retriable2")
        .not_done("mail")
        .later()
        .not_done("mail")
        .skip();
    saga.redrive(Some("mail")).unwrap();
    saga.shows("redriven mail · start mail a3").work("mail a3");
    let key = IdempotencyKey::of(None, saga.state.id(), &"mail".into(), Role::Do, 1);
    assert_eq!(saga.state.key(&"mail".into(), Role::Do), key);
    saga.not_done("mail").shows("mail a3 no → again").later().not_done("mail").skip();
    saga.redrive_with("mail", "mended").unwrap();
    saga.shows("redriven mail mended · start mail a5").done("mail").returns().shows("done mail · completed");
}

#[test]
fn a_redrive_of_a_permanent_failure_starts_afresh() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr")
        .step("mail", "irr_retriable2")
        .refused("mail")
        .skip()
        .redrive(None)
        .unwrap();
    saga.shows("redriven · start mail a2").not_done("mail").shows("mail a2 no → again");
}

#[test]
fn a_redrive_begins_the_time_within_which_it_is_tried_anew() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").step("mail", "irr_retriable_within9").after(2000).not_done("mail");
    saga.phase(Phase::DeadLettered).after(5000).skip();
    saga.redrive(None).unwrap();
    saga.shows("redriven · start mail a2").not_done("mail").shows("mail a2 no → again");
    // The same holds for a compensation.
    let mut saga = Desk::new();
    saga.undo = Some(Ok(desk::call("undo_within9")));
    saga.step_done("a", "comp").fails().after(2000).undo_not_done("a");
    saga.phase(Phase::DeadLettered).after(5000).skip();
    saga.redrive(None).unwrap();
    saga.shows("redriven · start ~a a2").undo_not_done("a").shows("~a a2 no → again");
}

#[test]
fn in_doubt_a_redrive_keeps_the_key_and_refuses_a_mended_input() {
    let mut saga = Desk::new();
    saga.step("a", "comp3").timed_out("a").refused("a").skip().phase(Phase::DeadLettered);
    assert_eq!(saga.redrive_with("a", "x"), Err(Refusal::InDoubt { site: "a".into() }));
    saga.redrive(Some("a")).unwrap();
    saga.shows("redriven a · resume a → again · start a a3");
    assert_eq!(
        saga.state.key(&"a".into(), Role::Do),
        IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Do, 0)
    );
    // Only a person can tell.
    let mut saga = Desk::new();
    saga.step("a", "comp_person").timed_out("a");
    assert_eq!(saga.redrive(None), Err(Refusal::InDoubt { site: "a".into() }));
    // The probe can tell.
    let mut saga = Desk::new();
    saga.step("a", "comp_probe_person").timed_out("a");
    for _ in 0..10 {
        saga.after(30_000).probe("a", None);
    }
    saga.skip().phase(Phase::DeadLettered).redrive(None).unwrap();
    saga.shows("redriven · resume a → probe").work("probe a");
}

#[test]
fn one_of_several_is_redriven_and_the_others_stay() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").step("all.0/a", "irr_retriable").step("all.1/b", "irr_retriable");
    saga.refused("all.0/a").refused("all.1/b").skip().redrive(Some("all.0/a")).unwrap();
    saga.shows("redriven all.0/a · start all.0/a a2").work("all.0/a a2").done("all.0/a");
    saga.shows("done all.0/a · dead-lettered").redrive(None).unwrap();
    saga.shows("redriven · start all.1/b a2");
}

#[test]
fn a_redrive_of_what_is_not_blocked_is_refused() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("b", "comp_person").timed_out("b").skip();
    for site in ["a", "nowhere"] {
        assert_eq!(saga.redrive(Some(site)), Err(Refusal::NotBlocked { site: Some(site.into()) }));
    }
    assert_eq!(saga.redrive_with("a", "x"), Err(Refusal::NotBlocked { site: Some("a".into()) }));
    let mut saga = Desk::new();
    saga.body_blocked(Reason::Diverged);
    saga.skip().redrive(None).unwrap();
    saga.shows("redriven");
}

#[test]
fn under_a_pending_stop_a_redrive_begins_nothing_new() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr_probe_person").step("all.1/a", "comp").undecodable("all.1/a").cancelled();
    saga.timed_out("all.0/charge");
    for _ in 0..10 {
        saga.after(30_000).probe("all.0/charge", None);
    }
    saga.phase(Phase::DeadLettered).skip().redrive(None).unwrap();
    saga.shows("redriven · resume all.0/charge → probe").probe("all.0/charge", Some(true));
    saga.shows("done all.0/charge (probe) · too-late all.0/charge · start all.1/a a2");
}

#[test]
fn a_resolution_settles_a_step_in_doubt() {
    let in_doubt = |step| Desk::new().step("a", step).timed_out("a").skip().clone();
    let mut saga = in_doubt("irr_person");
    saga.resolve("a", Role::Do, true).unwrap();
    saga.shows("resolved a yes · done a (ann)");
    assert_eq!(saga.state.step(&"a".into()).unwrap().output, Some(Ok(desk::json("by hand"))));
    let mut saga = in_doubt("irr_person");
    saga.resolve("a", Role::Do, false).unwrap();
    saga.shows("resolved a no · failed a");
    let mut saga = in_doubt("irr_person2");
    saga.resolve("a", Role::Do, false).unwrap();
    saga.shows("resolved a no · start a a2");
    assert_eq!(
        saga.state.key(&"a".into(), Role::Do),
        IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Do, 1)
    );
    let mut saga = in_doubt("irr_person");
    assert!(saga.resolve("a", Role::Undo, true).is_err());
    assert!(saga.resolve("b", Role::Do, true).is_err());
}

#[test]
fn a_resolution_without_a_usable_output_is_refused() {
    use saga_core::machine::{Delivery, Evaluated, Event};
    use saga_core::record::{Knowledge, Lost};
    let mut saga = Desk::new();
    saga.step("a", "comp_person").timed_out("a").skip();
    let knowledge = Knowledge::Happened { output: desk::json("x") };
    let delivery = Delivery::Resolve { site: "a".into(), role: Role::Do, knowledge, by: desk::by() };
    let lost = Evaluated { output: Ok(desk::json("x")), undo: Some(Err(Lost { why: "no".into() })) };
    for evaluated in [None, Some(lost)] {
        let event = Event::Delivered { delivery: delivery.clone(), evaluated };
        assert!(matches!(saga.event(event), Err(Refusal::Unusable { .. })));
    }
    saga.shows("");
}

#[test]
fn what_is_known_needs_no_resolution() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").step("mail", "irr_retriable").refused("mail").skip();
    assert_eq!(saga.resolve("mail", Role::Do, false), Err(Refusal::NotInDoubt { site: "mail".into() }));
    // A person may have done it by hand.
    saga.resolve("mail", Role::Do, true).unwrap();
    saga.shows("resolved mail yes · done mail (ann)");
}

#[test]
fn a_compensation_done_by_hand_or_waived() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step_done("b", "comp").fails().undo_refused("b").skip();
    assert_eq!(saga.resolve("b", Role::Undo, false), Err(Refusal::NotInDoubt { site: "b".into() }));
    saga.clone_with(|saga| {
        saga.resolve("b", Role::Undo, true).unwrap();
        saga.shows("resolved ~b yes · undone b (ann) · undo a");
    });
    // A compensation can be waived before it is next in order; once.
    saga.waive("a").unwrap();
    saga.shows("waived a · dead-lettered").waive("a").unwrap_err();
    saga.waive("b").unwrap();
    saga.shows("waived b · rolled-back");
    assert!(matches!(saga.state.rollback(), Rollback::Partial { left, .. } if left.len() == 2));
}

#[test]
fn nothing_is_waived_on_the_way_forward() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("b", "comp_person").timed_out("b").skip();
    assert!(saga.waive("a").is_err() && saga.waive("b").is_err());
}

#[test]
fn a_compensation_is_redriven_with_mended_input() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().undo_refused("a").skip().redrive_with("a", "mended").unwrap();
    saga.shows("redriven a mended · start ~a a2");
    let step = saga.state.step(&"a".into()).unwrap();
    assert_eq!(step.undo.as_ref().unwrap().as_ref().unwrap().input, desk::json("mended"));
    assert_eq!(step.input, desk::json("a"));
    assert_eq!(
        saga.state.key(&"a".into(), Role::Undo),
        IdempotencyKey::of(None, saga.state.id(), &"a".into(), Role::Undo, 1)
    );
}

#[test]
fn an_operator_rolls_a_dead_letter_back() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").body_blocked(Reason::BoundExceeded).skip().roll_back().unwrap();
    saga.shows("back ordered · undo a").phase(Phase::RollingBack).undo_refused("a").skip();
    assert_eq!(saga.roll_back(), Err(Refusal::RollingBack));
}

#[test]
fn an_abandoned_saga_says_what_it_left() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step_done("b", "comp").fails().undo_refused("b").skip().abandon().unwrap();
    saga.shows("abandoned").phase(Phase::Abandoned).work("");
    assert!(matches!(saga.state.rollback(), Rollback::Partial { left, .. } if left.len() == 2));
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step("charge", "irr_person").timed_out("charge").skip().abandon().unwrap();
    saga.shows("abandoned").later().work("");
}

#[test]
fn recovery_leaves_a_dead_letter_as_it_is() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").step_done("b", "comp").fails().undo_refused("b").skip();
    saga.crash_times(1).crash_times(9).later().shows("").work("").phase(Phase::DeadLettered);
}

#[test]
fn s11_a_dead_letter_shows_all_that_a_person_needs() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp")
        .step_done("b", "comp3")
        .fails()
        .at(5)
        .undo_not_done("b")
        .at(200)
        .undo_refused("b");
    let letter = DeadLetter::of(&saga.state, &saga.journal);
    let shown = letter.to_string();
    for part in [
        "saga-1",
        "trip",
        "\"in\"",
        "rolling back",
        "CompensationFailed",
        "b (undo) attempt 1",
        "b (undo) attempt 2",
        "1970-01-01T00:00:00.005Z",
        "owed: b by undo2, a by undo2",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let json = serde_json::to_value(&letter).unwrap();
    assert_eq!(json["attempts"].as_array().unwrap().len(), 4, "{json}");
    assert_eq!(json["owed"]["entries"][1]["site"], "a");
    assert_eq!(json["cause"], "no");
}

/// Each attempt has the key under which the provider knows it: that of its time, not of a redrive since.
#[test]
fn a_dead_letter_shows_the_key_of_each_attempt() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails().undo_refused("a");
    let first = saga.state.key(&"a".into(), Role::Undo);
    saga.redrive(None).unwrap();
    saga.undo_refused("a");
    let second = saga.state.key(&"a".into(), Role::Undo);
    assert_ne!(first, second, "it is known not to have happened: a fresh key");
    let letter = DeadLetter::of(&saga.state, &saga.journal);
    let undone: Vec<_> = letter.attempts.iter().filter(|a| a.role == Role::Undo).map(|a| &a.key).collect();
    assert_eq!(undone, [&first, &second]);
    assert_eq!(letter.attempts[0].key, saga.state.key(&"a".into(), Role::Do));
    assert!(letter.to_string().contains(second.as_str()), "{letter}");
}

/// A redrive of one site leaves the blockers elsewhere.
#[test]
fn a_redrive_of_one_site_leaves_what_blocks_the_body() {
    let mut saga = Desk::new();
    saga.idles = false;
    saga.step("a", "comp3").undecodable("a").body_blocked(Reason::Diverged).take(Event::Idle);
    saga.skip().idles = true;
    saga.redrive(Some("a")).unwrap();
    saga.shows("redriven a · start a a2");
    assert_eq!(saga.state.body_blockers().len(), 1, "the body is body-blocked still");
}

/// A compensation that could not begin begins when it can, by its first record.
#[test]
fn a_compensation_that_never_began_is_looked_at_anew() {
    let mut saga = Desk::new();
    saga.undo = Some(Ok(desk::call("gone")));
    saga.step_done("hold", "comp").cancelled().phase(Phase::DeadLettered);
    for _ in 0..2 {
        let [blocker] = saga.state.blockers().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((blocker.role, blocker.reason), (Role::Undo, Reason::Diverged));
        assert_eq!(blocker.detail, "this build does not know the compensation gone");
        saga.redrive(None).unwrap();
    }
}
