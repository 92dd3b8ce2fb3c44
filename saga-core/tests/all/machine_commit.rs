//! Deferred steps: they begin when the body has given its output, one after the other, and a rollback drops them.
#![allow(clippy::unwrap_used)]

use crate::support::desk::{Desk, json};
use saga_core::machine::Refusal;
use saga_core::state::Status;
use saga_core::{Entry, Phase, Receipt, Record, SitePath, Timestamp};

fn status(saga: &Desk, site: &str) -> Status {
    saga.state.step(&site.into()).expect("it is deferred").doing.status.clone()
}

#[test]
fn a_deferred_step_begins_when_the_body_has_ended() {
    let mut saga = Desk::new();
    saga.defer("mail", "irr_retriable3").shows("defer mail").work("");
    saga.step_done("hold", "comp").skip().work("");
    saga.returns().shows("committing · start mail a1").phase(Phase::Committing).work("mail a1");
    saga.done("mail").shows("done mail · completed").phase(Phase::Completed);
}

#[test]
fn deferred_steps_are_done_in_the_order_of_the_body_one_after_the_other() {
    let mut saga = Desk::new();
    saga.defer("b", "irr_retriable").defer("a", "undo2").defer("c", "irr_retriable").skip();
    saga.returns().shows("committing · start b a1").work("b a1");
    saga.done("b").shows("done b · start a a1").done("a").shows("done a · start c a1");
    saga.done("c").shows("done c · completed");
}

#[test]
fn a_rollback_drops_what_is_deferred() {
    for fails in [true, false] {
        let mut saga = Desk::new();
        saga.step_done("hold", "comp").defer("mail", "irr_retriable").skip();
        assert_eq!(saga.state.undo_plan().deferred, [SitePath::from("mail")]);
        if fails {
            saga.fails().shows("stop failed · back failed · undo hold");
        } else {
            saga.cancelled().shows("stop cancelled · back cancelled · undo hold");
            assert_eq!(Receipt::of(&saga.state).never_started, [SitePath::from("mail")]);
        }
        saga.undone("hold").shows("undone hold · rolled-back").phase(Phase::RolledBack);
        assert_eq!(status(&saga, "mail"), Status::Dropped);
        assert_eq!(saga.state.rollback().to_string(), "everything is undone");
    }
}

#[test]
fn a_failed_child_drops_what_it_deferred_and_no_more() {
    let mut saga = Desk::new();
    saga.defer("mail", "irr_retriable").child("book").defer("book/mail", "irr_retriable").skip();
    saga.child_fails("book").shows("child-fails book · child-ends book undone");
    assert_eq!(status(&saga, "book/mail"), Status::Dropped);
    saga.returns().shows("committing · start mail a1").done("mail").shows("done mail · completed");
    // What a child deferred that succeeded waits for the commit of the whole.
    let mut saga = Desk::new();
    saga.child("book").defer("book/mail", "irr_retriable").child_returns("book").skip().work("");
    saga.returns().shows("committing · start book/mail a1");
}

#[test]
fn from_the_commit_on_it_is_too_late() {
    let mut saga = Desk::with_deadline(Some(1000));
    saga.defer("mail", "irr_retriable3").returns().skip();
    assert_eq!(saga.cancel(), Err(Refusal::TooLate { site: "mail".into() }));
    saga.not_done("mail").shows("mail a1 no → again").phase(Phase::Committing);
    saga.at(2000).shows("overdue · start mail a2").done("mail").shows("done mail · completed");
    // A deadline that passes with the end of the body comes first.
    let mut saga = Desk::with_deadline(Some(1000));
    saga.defer("mail", "irr_retriable3").skip();
    saga.now = Timestamp(1000);
    saga.returns().shows("stop deadline · back deadline · rolled-back");
}

#[test]
fn a_deferred_step_that_cannot_be_done_holds_up_the_rest_until_an_operator_acts() {
    let mut saga = Desk::new();
    saga.defer("charge", "irr_retriable").defer("mail", "irr_retriable").returns().skip();
    saga.refused("charge");
    saga.shows("charge a1 no → hold · blocked charge RetriesExhausted · dead-lettered").work("");
    assert_eq!(saga.redrive(None), Ok(()));
    saga.shows("redriven · start charge a2").done("charge");
    saga.shows("done charge · start mail a1").done("mail").shows("done mail · completed");
}

#[test]
fn s38_a_process_that_dies_in_the_commit_leaves_one_step_in_doubt() {
    let mut saga = Desk::new();
    saga.defer("charge", "irr_retriable").defer("mail", "irr_retriable").returns().skip();
    saga.done("charge").skip().crash().shows("mail a1 doubt → again · start mail a2").work("mail a2");
    saga.done("mail").shows("done mail · completed");
}

#[test]
fn a_commit_with_a_deferred_step_cannot_be_undone_from_anywhere() {
    let mut saga = Desk::new();
    saga.defer("mail", "irr_retriable").step_done("hold", "comp").returns().done("mail").skip();
    saga.phase(Phase::Completed);
    for from in [None, Some("hold")] {
        assert_eq!(saga.undo_from(from), Err(Refusal::Irreversible { site: "mail".into() }));
    }
    assert_eq!(saga.state.undo_plan().irreversible, [SitePath::from("mail")]);
}

#[test]
fn the_time_of_a_deferred_step_begins_with_its_first_attempt() {
    let mut saga = Desk::new();
    saga.defer("mail", "irr_retriable_within3").skip();
    saga.now = Timestamp(5000);
    saga.returns().skip().not_done("mail").shows("mail a1 no → again");
    saga.at(5100).shows("start mail a2");
}

#[test]
fn what_may_fail_or_be_undone_is_not_deferred() {
    for step in ["irr3", "comp_retriable", "read_retriable"] {
        let mut saga = Desk::new();
        saga.defer("a", step).shows("body-blocked Diverged a · dead-lettered");
    }
}

/// A later build may say of the step that it fails: what was promised at the deferral holds.
#[test]
fn a_deferred_step_that_fails_for_good_is_never_passed_over() {
    let mut saga = Desk::new();
    let (site, step) = ("mail".into(), "irr".into());
    let record = Record::Deferred { site, step, input: json("mail"), in_doubt: None };
    let entry = Entry { seq: saga.state.next_seq(), at: saga.now, record };
    saga.state.apply(&entry).unwrap();
    saga.journal.push(entry);
    saga.skip().returns().shows("committing · start mail a1").refused("mail");
    saga.shows("mail a1 no → hold · blocked mail RetriesExhausted · dead-lettered");
}

#[test]
fn a_saga_that_is_closed_in_its_commit_leaves_the_rest_undone() {
    let mut saga = Desk::new();
    saga.defer("charge", "irr_retriable").defer("mail", "irr_retriable").returns().refused("charge").skip();
    assert_eq!(saga.state.undo_plan().deferred, [SitePath::from("mail")]);
    assert_eq!(saga.abandon(), Ok(()));
    saga.shows("abandoned").phase(Phase::Abandoned).work("");
    assert_eq!(saga.state.undo_plan().deferred, [] as [SitePath; 0]);
    assert_eq!(status(&saga, "mail"), Status::Dropped);
}
