//! Sleeps, signals and approvals, and how a dead letter affects them.

use std::time::Duration;

use crate::support::desk::{self, Desk};
use saga_core::machine::{Event, Reach, Refusal, Work, work};
use saga_core::state::SiteState;
use saga_core::{Phase, Reason, Role, Timestamp};

#[test]
fn a_sleep_ends_when_it_is_due() {
    let mut saga = Desk::new();
    saga.at(10).sleep("nap", 50).shows("sleep nap").phase(Phase::Waiting).work("wake 60").at(59).shows("");
    let wait_max = Some(Duration::from_millis(50));
    assert_eq!(
        work(&saga.state, saga.now).collect::<Vec<_>>(),
        [Work::WakeAt { due: saga_core::Timestamp(60), wait_max }]
    );
    saga.crash().at(60).shows("slept nap").work("").at(61).shows("");
}

#[test]
fn a_recorded_value_stays() {
    let mut saga = Desk::new();
    let reach = |value| Reach::Value { site: "now".into(), what: "now".into(), value: desk::json(value) };
    saga.reach(reach("1")).reach(reach("2")).shows("value now");
    assert!(
        matches!(saga.state.site(&"now".into()), Some(SiteState::Value { value, .. }) if *value == desk::json("1"))
    );
}

#[test]
fn a_signal_reaches_its_wait_whichever_comes_first() {
    let mut saga = Desk::new();
    saga.wait("pay", None).signal("s1", "paid").unwrap();
    saga.shows("wait pay · signal s1 · got pay s1");
    let mut saga = Desk::new();
    saga.signal("s1", "paid").unwrap();
    saga.signal("s2", "other").unwrap();
    saga.wait("pay", None).shows("signal s1 · signal s2 · wait pay · got pay s1");
}

#[test]
fn a_signal_is_taken_once() {
    let mut saga = Desk::new();
    saga.wait("pay", None).signal("s1", "paid").unwrap();
    assert_eq!(saga.signal("s1", "paid"), Err(Refusal::Duplicate { id: "s1".to_owned() }));
    saga.wait("pay#2", None).skip().crash().shows("").signal("s2", "paid").unwrap();
    saga.shows("signal s2 · got pay#2 s2");
}

#[test]
fn signals_go_to_waits_first_come_first_served() {
    let mut saga = Desk::new();
    saga.signal("s1", "paid").unwrap();
    saga.signal("s2", "paid").unwrap();
    saga.wait("all.0/pay", None).wait("all.1/pay", None).skip();
    let got = |site: &str| match saga.state.site(&site.into()) {
        Some(SiteState::Wait { timed, .. }) => timed.ended.is_some(),
        _ => false,
    };
    assert!(got("all.0/pay") && got("all.1/pay"));
}

#[test]
fn a_wait_runs_out_and_a_late_signal_is_kept_for_the_next() {
    let mut saga = Desk::new();
    saga.wait("pay", Some(50)).at(50).shows("wait pay · expired pay").signal("s1", "paid").unwrap();
    saga.shows("signal s1").wait("pay#2", None).shows("wait pay#2 · got pay#2 s1");
}

#[test]
fn after_the_end_a_signal_is_refused() {
    let mut saga = Desk::new();
    saga.returns();
    assert_eq!(saga.signal("s1", "paid"), Err(Refusal::Ended { phase: Phase::Completed }));
    let mut saga = Desk::new();
    saga.step_done("a", "comp").fails();
    assert_eq!(saga.signal("s1", "paid"), Err(Refusal::RollingBack));
}

#[test]
fn an_approval_is_given_denied_or_runs_out() {
    let mut saga = Desk::new();
    saga.ask("ok", Some(50)).skip().answer(None, true).unwrap();
    saga.shows("approved ok");
    assert_eq!(saga.answer(None, true), Err(Refusal::NoQuestion { site: None }));
    saga.ask("ok#2", Some(50)).skip().answer(Some("ok#2"), false).unwrap();
    saga.shows("denied ok#2").ask("ok#3", Some(50)).skip().at(50).shows("expired ok#3");
    assert_eq!(saga.answer(Some("ok#3"), true), Err(Refusal::NoQuestion { site: Some("ok#3".into()) }));
}

#[test]
fn of_several_questions_one_has_to_be_named() {
    let mut saga = Desk::new();
    saga.ask("all.0/ok", None).ask("all.1/ok", None).skip();
    let sites = vec!["all.0/ok".into(), "all.1/ok".into()];
    assert_eq!(saga.answer(None, true), Err(Refusal::WhichQuestion { sites }));
    saga.answer(Some("all.1/ok"), true).unwrap();
    saga.answer(None, false).unwrap();
    saga.shows("approved all.1/ok · denied all.0/ok");
}

#[test]
fn s31_waits_are_put_off_by_the_time_the_saga_is_dead_lettered() {
    let mut saga = Desk::new();
    saga.sleep("all.0/nap", 100).wait("all.1/pay", Some(200)).ask("all.2/ok", Some(300));
    // A wait in another branch does not hide what is blocked.
    saga.at(40).step("all.3/a", "comp_person").skip().timed_out("all.3/a");
    saga.shows("all.3/a a1 doubt → hold · blocked all.3/a InDoubt · dead-lettered")
        .work("")
        .at(5000)
        .shows("")
        .work("");
    // Signals that come meanwhile are kept.
    saga.signal("s1", "paid").unwrap();
    saga.shows("signal s1").at(10_040).resolve("all.3/a", Role::Do, true).unwrap();
    saga.shows("resolved all.3/a yes · done all.3/a (ann) · got all.1/pay s1").work("wake 10100");
    saga.at(10_099).shows("").at(10_100).shows("slept all.0/nap").work("wake 10300").at(10_300);
    saga.shows("expired all.2/ok");
    // The same after a redrive and after a waive.
    let mut saga = Desk::new();
    saga.sleep("all.0/nap", 100).body_blocked(Reason::Diverged).at(1000).redrive(None).unwrap();
    saga.work("wake 1100");
    let mut saga = Desk::new();
    saga.sleep("all.0/nap", 100).child("all.1/c").step_done("all.1/c/x", "comp").child_fails("all.1/c");
    saga.undo_refused("all.1/c/x").phase(Phase::DeadLettered).at(1000).waive("all.1/c/x").unwrap();
    saga.work("wake 1100");
}

/// A limit that had passed before a saga was dead-lettered has passed, although nothing was recorded then.
#[test]
fn what_comes_to_a_dead_letter_after_its_limit_is_too_late() {
    type Dies = fn(&mut Desk);
    let poison: Dies = |saga| {
        saga.crash_times(3);
    };
    let listed: Dies = |saga| {
        let detail = "by an older build".to_owned();
        saga.event(Event::DeadLettered { reason: Reason::Undecodable, detail }).unwrap();
    };
    let blocked: Dies = |saga| {
        saga.timed_out("all.0/a");
    };
    let all = [("poison", "comp3", poison), ("listed", "comp3", listed), ("blocked", "comp_person", blocked)];
    for (what, step, dies) in all {
        for (came, in_time) in [(40, true), (60, false), (900, false)] {
            let mut saga = Desk::new();
            saga.step("all.0/a", step).wait("all.1/pay", Some(50)).ask("all.2/ok", Some(50)).skip();
            let said = |saga: &mut Desk| {
                saga.event(Event::Elapsed { until: Timestamp(came) }).unwrap();
                saga.signal("s1", "paid").unwrap();
                saga.answer(Some("all.2/ok"), true)
            };
            let early = (came <= 50).then(|| said(&mut saga));
            saga.now = Timestamp(100);
            dies(&mut saga);
            assert_eq!(saga.state.phase(), Phase::DeadLettered, "{what}");
            saga.now = Timestamp(1000);
            let answered = early.unwrap_or_else(|| said(&mut saga));
            assert_eq!(answered.is_ok(), in_time, "{what} {came}: {answered:?}");
            saga.skip().redrive(None).unwrap_or_else(|_| saga.resolve("all.0/a", Role::Do, true).unwrap());
            saga.at(1001);
            let Some(SiteState::Wait { timed, .. }) = saga.state.site(&"all.1/pay".into()) else { panic!() };
            let signal = timed.ended.clone().flatten();
            assert_eq!(signal.is_some(), in_time, "{what} {came}: {:?}", saga.journal);
        }
    }
}

/// The saga stands still from the time at which it is a dead letter: what comes then is in time.
#[test]
fn what_comes_to_a_dead_letter_before_its_limit_is_in_time() {
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp_person").wait("all.1/pay", Some(50)).ask("all.2/ok", Some(50));
    saga.at(40).timed_out("all.0/a").phase(Phase::DeadLettered);
    saga.now = Timestamp(1000);
    saga.event(Event::Elapsed { until: Timestamp(1000) }).unwrap();
    saga.skip().signal("s1", "paid").unwrap();
    saga.answer(Some("all.2/ok"), true).unwrap();
    saga.resolve("all.0/a", Role::Do, true).unwrap();
    saga.shows(
        "signal s1 · approved all.2/ok · resolved all.0/a yes · done all.0/a (ann) · got all.1/pay s1",
    );
}

#[test]
fn a_retry_that_cannot_begin_wakes_nobody() {
    let mut saga = Desk::new();
    saga.step("all.0/charge", "irr").step("all.1/a", "comp3").not_done("all.1/a").cancelled();
    saga.work("all.0/charge a1").later().work("all.0/charge a1");
}

#[test]
fn s18_retry_now_ends_backoffs_and_nothing_else() {
    let mut saga = Desk::new();
    saga.step("all.0/a", "comp3").not_done("all.0/a").sleep("all.1/nap", 500).skip().retry_now().unwrap();
    saga.shows("retry-now · start all.0/a a2").work("all.0/a a2 · wake 500").done("all.0/a").fails().skip();
    saga.undo_not_done("all.0/a").skip().retry_now().unwrap();
    saga.shows("retry-now · start ~all.0/a a2").undone("all.0/a");
    assert_eq!(saga.retry_now(), Err(Refusal::Ended { phase: Phase::RolledBack }));
}

/// The wait goes on, takes what came next, and the refused signal's id is free.
#[test]
fn a_signal_that_the_body_refuses_has_not_come() {
    let mut saga = Desk::new();
    saga.wait("pay", None).signal("s1", "paid").unwrap();
    let refused =
        |id: &str| Reach::SignalRefused { site: "pay".into(), id: id.to_owned(), why: "no".to_owned() };
    saga.skip().reach(refused("s1")).shows("refused pay s1").phase(Phase::Waiting);
    saga.signal("s1", "paid").unwrap();
    saga.shows("signal s1 · got pay s1");
    // Only one that has just ended a wait can be refused.
    let mut saga = Desk::new();
    saga.wait("pay", Some(9)).at(9).skip().reach(refused("s1")).shows("");
}
