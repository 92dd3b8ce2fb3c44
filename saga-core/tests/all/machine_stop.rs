//! Cancels, deadlines and failures that meet what is in flight.

use std::time::Duration;

use crate::support::desk::Desk;
use saga_core::machine::{Event, Refusal, Work, work};
use saga_core::state::SiteState;
use saga_core::{Phase, Reason, Receipt, Role, SitePath, Timestamp};

fn too_late(site: &str) -> Result<(), Refusal> {
    Err(Refusal::TooLate { site: site.into() })
}

#[test]
fn a_cancel_before_anything_has_begun() {
    let mut saga = Desk::new();
    saga.cancelled().shows("stop cancelled · back cancelled · rolled-back").phase(Phase::RolledBack);
    assert_eq!(saga.cancel(), Err(Refusal::Ended { phase: Phase::RolledBack }));
}

#[test]
fn s25_a_cancel_during_a_step_waits_for_it_and_undoes_it() {
    let mut saga = Desk::new();
    saga.step("hold", "comp").cancelled().shows("intent hold · stop cancelled").work("hold a1");
    assert_eq!(Receipt::of(&saga.state).in_flight, [SitePath::from("hold")]);
    // A second cancel changes nothing, now or on the way back.
    saga.cancelled().shows("").done("hold").shows("done hold · back cancelled · undo hold");
    saga.cancelled().shows("").undone("hold").shows("undone hold · rolled-back");
    // Nothing new begins meanwhile.
    let mut saga = Desk::new();
    saga.step("hold", "comp")
        .cancelled()
        .skip()
        .step("b", "comp")
        .returns()
        .fails()
        .sleep("nap", 1)
        .shows("");
}

#[test]
fn a_cancel_during_a_step_that_fails_or_is_in_doubt() {
    let mut saga = Desk::new();
    saga.step("hold", "comp3").cancelled().skip().not_done("hold");
    saga.shows("hold a1 no → hold · failed hold · back cancelled · rolled-back");
    // In doubt it is resolved first, on the way back: run again for its output, then undone.
    let mut saga = Desk::new();
    saga.step("hold", "comp")
        .cancelled()
        .skip()
        .timed_out("hold")
        .shows("hold a1 doubt → again · back cancelled");
    saga.work("wake 0").at(0).shows("start hold a2").done("hold").undone("hold");
    saga.shows("done hold · undo hold · undone hold · rolled-back");
    let mut saga = Desk::new();
    saga.step("hold", "comp_probe").cancelled().skip().timed_out("hold");
    saga.shows("hold a1 doubt → probe · back cancelled").work("probe hold").probe("hold", Some(false));
    saga.shows("probed hold no → hold · failed hold · rolled-back");
    let mut saga = Desk::new();
    saga.step("hold", "comp_call").cancelled().skip().timed_out("hold");
    saga.shows("hold a1 doubt → hold · back cancelled · settle hold").undone("hold");
    saga.shows("undone hold · failed hold · rolled-back");
    let mut saga = Desk::new();
    saga.step("hold", "comp_person").cancelled().skip().timed_out("hold");
    saga.shows("hold a1 doubt → hold · blocked hold InDoubt · back cancelled · dead-lettered");
}

#[test]
fn s03_a_step_that_waits_for_its_retry_is_not_called_again() {
    let mut saga = Desk::new();
    saga.step("hold", "comp3").not_done("hold").skip().cancelled();
    saga.shows("stop cancelled · failed hold · back cancelled · rolled-back").later().shows("").work("");
    let mut saga = Desk::new();
    saga.step("charge", "irr3").not_done("charge").skip().cancelled();
    saga.shows("stop cancelled · failed charge · back cancelled · rolled-back");
}

#[test]
fn a_cancel_during_waits_ends_them_at_once() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp")
        .sleep("all.0/nap", 50)
        .wait("all.1/pay", Some(50))
        .ask("all.2/ok", Some(50));
    saga.skip()
        .cancelled()
        .shows("stop cancelled · back cancelled · undo hold")
        .at(60)
        .shows("")
        .work("~hold a1");
    assert!(saga.signal("s1", "paid").is_err() && saga.answer(None, true).is_err());
    let open: Vec<&str> = saga.state.open_sites().map(|(site, _)| site.as_str()).collect();
    assert_eq!(open, ["hold"]);
}

#[test]
fn a_cancel_past_the_point_of_no_return_is_too_late_and_names_the_step() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").skip();
    assert_eq!(saga.cancel(), too_late("charge"));
    saga.step("mail", "irr_retriable2").skip();
    assert_eq!(saga.cancel(), too_late("charge"));
    saga.not_done("mail").later().not_done("mail").phase(Phase::DeadLettered).skip();
    assert_eq!((saga.cancel(), saga.roll_back()), (too_late("charge"), too_late("charge")));
    assert_eq!(Receipt::of(&saga.state).too_late, Some("charge".into()));
    saga.shows("");
}

#[test]
fn a_cancel_that_meets_an_irreversible_step_waits_for_how_it_went() {
    // Done: too late, and forward.
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").step("charge", "irr").skip().cancelled().shows("stop cancelled");
    saga.done("charge").shows("done charge · too-late charge").step_done("mail", "irr").returns();
    saga.shows("intent mail · done mail · completed");
    // Not done: back.
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").step("charge", "irr3").cancelled().skip().not_done("charge");
    saga.shows("charge a1 no → hold · failed charge · back cancelled · undo hold");
}

#[test]
fn once_a_cancel_is_durable_an_irreversible_step_in_doubt_is_only_probed() {
    let mut saga = Desk::new();
    saga.step("charge", "irr3").cancelled().skip().timed_out("charge");
    saga.shows("charge a1 doubt → hold · blocked charge InDoubt · dead-lettered").work("");
    assert_eq!(saga.redrive(None), Err(Refusal::InDoubt { site: "charge".into() }));
    assert_eq!(saga.roll_back(), Err(Refusal::InDoubt { site: "charge".into() }));
    saga.clone_with(|saga| {
        saga.resolve("charge", Role::Do, true).unwrap();
        saga.shows("resolved charge yes · done charge (ann) · too-late charge");
    });
    saga.resolve("charge", Role::Do, false).unwrap();
    saga.shows("resolved charge no · failed charge · back cancelled · rolled-back");
    // The doubt may be older than the cancel: then the rerun that was due is barred.
    let mut saga = Desk::new();
    saga.step("charge", "irr").timed_out("charge").timed_out("charge").skip().cancelled();
    saga.shows("stop cancelled · blocked charge InDoubt · dead-lettered").later().shows("").work("");
    // A rerun under way is awaited.
    let mut saga = Desk::new();
    saga.step("charge", "irr").timed_out("charge").cancelled().skip().not_done("charge");
    saga.shows("charge a2 no → hold · blocked charge InDoubt · dead-lettered");
    // With a probe.
    let mut saga = Desk::new();
    saga.step("charge", "irr_probe3").cancelled().skip().timed_out("charge").shows("charge a1 doubt → probe");
    saga.clone_with(|saga| {
        saga.probe("charge", Some(true)).shows("done charge (probe) · too-late charge");
    });
    saga.probe("charge", Some(false))
        .shows("probed charge no → hold · failed charge · back cancelled · rolled-back");
    // With a call of its own that settles it.
    let mut saga = Desk::new();
    saga.step("charge", "irr_call").cancelled().skip().timed_out("charge");
    saga.shows("charge a1 doubt → hold · settle charge").undone("charge");
    saga.shows("undone charge · failed charge · back cancelled · rolled-back");
}

#[test]
fn a_cancel_is_durable() {
    let mut saga = Desk::new();
    saga.step("charge", "irr").cancelled().skip().crash();
    saga.shows("charge a1 doubt → hold · blocked charge InDoubt · dead-lettered");
    let mut saga = Desk::new();
    saga.step("hold", "comp").cancelled().skip().crash().shows("hold a1 doubt → again · back cancelled");
}

#[test]
fn siblings_go_on_after_a_stop_that_came_to_nothing() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr")
        .step("all.1/a", "comp3")
        .step("all.2/b", "comp_call")
        .step("all.3/c", "comp");
    saga.step("all.4/d", "irr_retriable3").step("all.5/e", "comp2").sleep("all.6/nap", 500);
    saga.not_done("all.5/e").skip().cancelled();
    // Each would be tried again, or settled, if there were no stop: so it is held.
    saga.not_done("all.1/a").timed_out("all.2/b").timed_out("all.3/c").not_done("all.4/d");
    saga.shows(
        "stop cancelled · all.1/a a1 no → hold · all.2/b a1 doubt → hold · all.3/c a1 doubt → again · \
         all.4/d a1 no → hold",
    );
    saga.at(200).shows("").work("all.0/charge a1");
    saga.done("all.0/charge").shows(
        "done all.0/charge · too-late all.0/charge · start all.1/a a2 · settle all.2/b · start all.4/d a2",
    );
    saga.at(200).shows("start all.3/c a2 · start all.5/e a2").at(600).shows("slept all.6/nap");
}

#[test]
fn what_was_held_fails_when_the_stop_takes_effect() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").step("all.1/a", "comp3").cancelled().not_done("all.1/a").skip();
    saga.refused("all.0/charge");
    saga.shows(
        "all.0/charge a1 no → hold · failed all.0/charge · failed all.1/a · back cancelled · rolled-back",
    );
}

#[test]
fn a_retriable_step_that_failed_for_good_beside_one_that_closed_the_way_back_is_dead_lettered() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").step("all.1/note", "comp_retriable").skip().not_done("all.1/note");
    saga.shows("all.1/note a1 no → hold · stop failed all.1/note").done("all.0/charge");
    saga.shows(
        "done all.0/charge · too-late all.0/charge · blocked all.1/note RetriesExhausted · dead-lettered",
    );
    saga.redrive(None).unwrap();
    saga.shows("redriven · start all.1/note a2");
    // The same if another stop was pending, or the error permanent.
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr")
        .step("all.1/note", "comp_retriable5")
        .cancelled()
        .skip()
        .refused("all.1/note");
    saga.shows("all.1/note a1 no → hold").done("all.0/charge");
    saga.shows(
        "done all.0/charge · too-late all.0/charge · blocked all.1/note RetriesExhausted · dead-lettered",
    );
    // A readonly one has no intent.
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").skip().read("all.1/look", "read_retriable", false);
    saga.shows("stop failed all.1/look").done("all.0/charge");
    saga.shows("done all.0/charge · too-late all.0/charge · body-blocked RetriesExhausted all.1/look · dead-lettered");
}

#[test]
fn a_body_that_failed_beside_one_that_closed_the_way_back_is_dead_lettered() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").skip().fails().shows("stop failed").done("all.0/charge");
    saga.shows("done all.0/charge · too-late all.0/charge · body-blocked FailedPastNoReturn · dead-lettered");
}

#[test]
fn a_readonly_outcome_is_taken_down_under_a_pending_stop_and_while_dead_lettered() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr")
        .cancelled()
        .skip()
        .read("all.1/look", "read", true)
        .shows("read all.1/look");
    saga.done("all.0/charge").shows("done all.0/charge · too-late all.0/charge");
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp_person").timed_out("all.0/a").phase(Phase::DeadLettered).skip();
    saga.read("all.1/look", "read", true).shows("read all.1/look");
}

#[test]
fn a_signal_under_a_pending_stop_is_kept_for_when_that_comes_to_nothing() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").wait("all.1/pay", None).cancelled().skip();
    saga.signal("s1", "paid").unwrap();
    saga.shows("signal s1").done("all.0/charge");
    saga.shows("done all.0/charge · too-late all.0/charge · got all.1/pay s1");
}

// ---- deadlines

#[test]
fn a_deadline_before_the_point_of_no_return_rolls_back() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step_done("hold", "comp").sleep("nap", 99).skip().work("wake 50").at(49).shows("").at(50);
    saga.shows("stop deadline · back deadline · undo hold");
    let mut saga = Desk::with_deadline(Some(50));
    saga.at(50).shows("stop deadline · back deadline · rolled-back");
}

#[test]
fn a_deadline_is_waited_for_no_longer_than_it_was_set_whatever_the_clock_says() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.wait("pay", None);
    let wake = Work::WakeAt { due: Timestamp(50), wait_max: Some(Duration::from_millis(50)) };
    assert_eq!(work(&saga.state, Timestamp(-1_000_000)).collect::<Vec<_>>(), [wake]);
}

#[test]
fn a_deadline_lets_nothing_begin_that_comes_due_with_it() {
    let mut saga = Desk::with_deadline(Some(100));
    saga.step("charge", "irr3").not_done("charge").skip().at(100);
    saga.shows("stop deadline · failed charge · back deadline · rolled-back");
}

#[test]
fn what_has_passed_comes_before_what_ran_is_run_again() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("post", "irr").skip();
    saga.now = Timestamp(60);
    saga.crash().shows("post a1 doubt → again · stop deadline · blocked post InDoubt · dead-lettered");
    let mut saga = Desk::with_deadline(Some(50));
    saga.step_done("hold", "comp").step("charge", "irr_probe").skip();
    saga.now = Timestamp(60);
    saga.crash().shows("charge a1 doubt → probe · stop deadline");
}

/// A signal that comes after its limit is too late, also where a stop is pending that comes to nothing.
#[test]
fn a_limit_that_passes_under_a_pending_stop_has_passed() {
    for (came, in_time) in [(40, true), (60, false)] {
        let mut saga = Desk::new();
        saga.step("all.0/charge", "irr").wait("all.1/pay", Some(50)).cancelled();
        saga.now = Timestamp(came);
        saga.event(Event::Elapsed { until: Timestamp(came) }).unwrap();
        saga.signal("s1", "paid").unwrap();
        saga.skip().at(70).done("all.0/charge");
        let ended = match saga.state.site(&"all.1/pay".into()) {
            Some(SiteState::Wait { timed, .. }) => timed.ended.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(ended.flatten().is_some(), in_time, "{came}");
    }
}

#[test]
fn a_deadline_past_the_point_of_no_return_only_marks_the_saga_overdue() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step_done("charge", "irr")
        .sleep("nap", 99)
        .skip()
        .at(50)
        .shows("overdue")
        .work("wake 99")
        .at(60)
        .shows("");
    assert!(saga.state.is_overdue());
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("charge", "irr").at(50).skip().done("charge").shows("done charge · too-late charge · overdue");
}

#[test]
fn a_deadline_passing_under_a_pending_stop_or_on_the_way_back_does_nothing() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.step("charge", "irr").cancelled().skip().at(60).shows("").work("charge a1");
    saga.done("charge").at(60).shows("done charge · too-late charge · overdue");
    let mut saga = Desk::with_deadline(Some(50));
    saga.step_done("hold", "comp").fails().skip().at(60).shows("").work("~hold a1");
}

#[test]
fn a_deadline_does_not_run_while_the_saga_is_dead_lettered_and_is_put_off_by_that() {
    let mut saga = Desk::with_deadline(Some(50));
    saga.at(10)
        .step("a", "comp_person")
        .timed_out("a")
        .skip()
        .phase(Phase::DeadLettered)
        .at(1000)
        .shows("")
        .work("");
    saga.resolve("a", Role::Do, true).unwrap();
    saga.sleep("nap", 9999).skip().work("wake 1040").at(1039).shows("").at(1040);
    saga.shows("stop deadline · back deadline · undo a");
}

// ---- cancelling dead letters

#[test]
fn a_cancel_rolls_a_dead_letter_back() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp")
        .body_blocked(Reason::Diverged)
        .skip()
        .phase(Phase::DeadLettered)
        .cancelled();
    saga.shows("stop cancelled · back cancelled · undo hold").phase(Phase::RollingBack);
    let mut saga = Desk::new();
    saga.step("charge", "irr_person").timed_out("charge").skip().cancelled();
    saga.shows("stop cancelled").phase(Phase::DeadLettered).resolve("charge", Role::Do, false).unwrap();
    saga.shows("resolved charge no · failed charge · back cancelled · rolled-back");
}

#[test]
fn the_receipt_says_what_the_cancel_met() {
    let mut saga = Desk::new();
    saga.step_done("hold", "comp").step("all.0/a", "comp").step("all.1/b", "comp3").not_done("all.1/b");
    saga.sleep("all.2/nap", 99).cancelled();
    let receipt = Receipt::of(&saga.state);
    assert_eq!(receipt.done, [SitePath::from("hold")]);
    assert_eq!(receipt.in_flight, [SitePath::from("all.0/a")]);
    assert_eq!(receipt.never_started, [SitePath::from("all.1/b"), SitePath::from("all.2/nap")]);
    assert_eq!((receipt.cannot_be_undone, receipt.too_late), (vec![], None));
    saga.done("all.0/a").undone("all.0/a").undone("hold");
    let receipt = Receipt::of(&saga.state);
    assert_eq!(receipt.undone, [SitePath::from("hold"), SitePath::from("all.0/a")]);
    assert_eq!(receipt.done, []);
    assert_eq!(receipt.phase, Phase::RolledBack);
}

/// The first of them closed the way back; the later ones changed nothing by that.
#[test]
fn a_cancel_past_two_irreversible_steps_is_told_the_first() {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").step_done("mail", "irr");
    assert_eq!(saga.cancel(), too_late("charge"));
    assert_eq!(saga.state.no_return(), Some(&"charge".into()));
}

/// Anything but another try at the same thing resets the count of deaths.
#[test]
fn progress_is_what_is_more_than_another_try() {
    let mut saga = Desk::new();
    fn moved(saga: &mut Desk, event: impl FnOnce(&mut Desk) -> &mut Desk) -> u64 {
        let (progress, records) = (saga.state.progress(), saga.journal.len());
        event(saga);
        assert!(saga.journal.len() > records, "it has to record something");
        saga.state.progress() - progress
    }
    assert_eq!(saga.state.progress(), 1, "that it was scheduled");
    assert_eq!(moved(&mut saga, |s| s.step("a", "comp_probe3")), 1);
    assert_eq!(moved(&mut saga, |s| s.not_done("a")), 0, "an attempt that ended");
    assert_eq!(moved(&mut saga, |s| s.later()), 0, "the next attempt");
    assert_eq!(moved(&mut saga, |s| s.timed_out("a")), 0, "doubt");
    assert_eq!(moved(&mut saga, |s| s.probe("a", Some(false))), 0, "a probe");
    assert_eq!(moved(&mut saga, |s| s.later()), 0, "one more attempt");
    assert_eq!(moved(&mut saga, |s| s.done("a")), 1);
    assert_eq!(moved(&mut saga, |s| s.sleep("b", 10)), 1);
    assert_eq!(moved(&mut saga, |s| s.cancelled()), 3, "a stop, a rollback, a compensation");
    assert_eq!(moved(&mut saga, |s| s.undone("a")), 2, "undone, and rolled back");
}

/// However much is said to a saga, it has come no further by that: it may kill its processes all the same.
#[test]
fn what_is_only_said_to_a_saga_is_not_progress() {
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp3").wait("all.1/pay", None).ask("all.2/ok", None).not_done("all.0/a");
    let progress = saga.state.progress();
    for id in ["s1", "s2", "s3"] {
        saga.signal(id, "paid").unwrap();
    }
    saga.answer(Some("all.2/ok"), true).unwrap();
    saga.retry_now().unwrap();
    assert_eq!(saga.state.progress(), progress, "{:?}", saga.journal);
    saga.step("all.2/b", "comp");
    assert_eq!(saga.state.progress(), progress + 1, "the body went on");
}
